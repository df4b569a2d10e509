// The traders side by side; each row is the same answer that choosing the trader shows whole.
import { count, money, percent } from '../core/format';
import { useAll } from '../core/load_all';
import type { Month } from '../core/month';
import { t } from '../i18n';
import { Panel, Scroll } from '../parts/panel';
import type { Numbers, Trader } from '../wire';
import { numbersPath } from './business';
import { Bar } from './now_sides';

const MOST = 40;

export function Traders({ at, traders, stamp, choose }: { at: Month; traders: Trader[]; stamp: number; choose: (id: number) => void }) {
  const shown = traders.slice(0, MOST);
  const known = useAll<Numbers>(shown.map((one) => numbersPath(at, one.id)), stamp);
  if (shown.length === 0) return <Panel title={t('business.traders')}><p class="muted">{t('business.no_traders')}</p></Panel>;
  return (
    <Panel title={t('business.traders')} flush>
      <Scroll label={t('business.traders_caption')}>
        <table class="cards">
          <caption class="unseen">{t('business.traders_caption')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('business.trader')}</th>
              <th scope="col" class="right">{t('num.completed_count')}</th>
              <th scope="col" class="right">{t('num.total_usd')}</th>
              <th scope="col" class="right">{t('num.profit_month')}</th>
              <th scope="col" class="right">{t('num.goal_amount')}</th>
              <td class="meter-cell wide" />
            </tr>
          </thead>
          <tbody>{shown.map((one) => <Line key={one.id} trader={one} month={known[numbersPath(at, one.id)]?.month} choose={choose} />)}</tbody>
        </table>
      </Scroll>
      {traders.length > MOST && <p class="muted inset">{t('common.more')}</p>}
    </Panel>
  );
}

function Line({ trader, month, choose }: { trader: Trader; month: Record<string, number> | undefined; choose: (id: number) => void }) {
  const goal = month?.goal_amount ?? 0;
  const share = goal > 0 ? (month?.profit_month ?? 0) / goal : 0;
  return (
    <tr data-testid="trader-row" data-user={trader.username}>
      <th scope="row"><button type="button" class="link strong" onClick={() => choose(trader.id)}>{trader.username}</button></th>
      <td class="num right" data-label={t('num.completed_count')} data-value={month?.operations_count}>{count(month?.operations_count)}</td>
      <td class="num right" data-label={t('num.total_usd')} data-value={month?.total_usd}>{money(month?.total_usd, 'USD')}</td>
      <td class="num right" data-label={t('num.profit_month')} data-value={month?.profit_month}>{money(month?.profit_month, 'PEN')}</td>
      <td class="num right" data-label={t('num.goal_amount')} data-value={month?.goal_amount}>{goal > 0 ? money(goal, 'PEN') : '–'}</td>
      <td class="meter-cell wide"><span class="meter-text"><Bar share={share} tone={share >= 1 ? 'good' : 'accent'} /><span class="muted num">{goal > 0 ? percent(share) : ''}</span></span></td>
    </tr>
  );
}
