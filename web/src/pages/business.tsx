// Business: the numbers of the desk as its REST interface gives them, kept fresh by dashboard_update.
import { useEffect, useRef, useState } from 'preact/hooks';
import { money, month as monthText, percent } from '../core/format';
import { useLoad } from '../core/load';
import { me } from '../core/me';
import { type Month, same, shift, thisMonth } from '../core/month';
import { query } from '../core/rest';
import { on } from '../core/socket';
import { t } from '../i18n';
import { Ago } from '../parts/ago';
import { Icon } from '../parts/icons';
import { Panel } from '../parts/panel';
import { Failed } from '../parts/state';
import type { Numbers, Trader } from '../wire';
import { Figure, KEYS_MONTH, KEYS_TODAY, Today } from './business_figures';
import { Daily, Trend } from './business_charts';
import { Traders } from './business_traders';
import { Waiting } from './emergencies';
import { Bar } from './now_sides';

// One read for all changes of this time; the comparison of the traders, which is many reads, takes longer.
const CALM_MS = 300;
const CALM_MANY_MS = 5000;
// The places of the numbers stand before the numbers come.
const NONE: Record<string, number> = {};

export const numbersPath = (m: Month, trader?: number | null) => query('/dashboard/api/dashboard/all', { trader_id: trader, month: m.month, year: m.year });

export function BusinessView() {
  const [at, setAt] = useState<Month>(thisMonth);
  const [trader, setTrader] = useState<number | null>(null);
  // Only a Master may read who the traders are.
  const master = me.value?.role === 'Master';
  const traders = useLoad<{ traders: Trader[] }>(master ? '/dashboard/api/traders' : null);
  const numbers = useLoad<Numbers>(numbersPath(at, trader));
  const [updated, setUpdated] = useState<string | null>(null);
  const stamp = useStamp(numbers.reload);
  useEffect(() => {
    if (numbers.data) setUpdated(new Date().toISOString());
  }, [numbers.data]);

  const n = numbers.data;
  const title = monthText(at.year, at.month);
  return (
    <>
      <div class="view-head business-head">
        <div>
          <h1>{t('business.title')}</h1>
          <p class="muted">{updated ? <>{t('business.updated', { ago: '' })}<Ago at={updated} /></> : '\u00a0'}</p>
        </div>
        <div class="business-controls">
          <div class="stepper" role="group" aria-label={t('business.month_label')}>
            <button type="button" class="icon-button" aria-label={t('business.previous')} onClick={() => setAt(shift(at, -1))}><Icon name="back" /></button>
            <span class="stepper-text" aria-live="polite">{title}</span>
            <button type="button" class="icon-button" aria-label={t('business.next')} disabled={same(at, thisMonth())} onClick={() => setAt(shift(at, 1))}><Icon name="forward" /></button>
          </div>
          {master && !traders.error && (
            <div class="field inline">
              <label for="business-trader">{t('business.trader')}</label>
              <select id="business-trader" data-testid="business-trader" value={trader ?? ''} onChange={(e) => setTrader(Number(e.currentTarget.value) || null)}>
                <option value="">{t('business.all')}</option>
                {traders.data?.traders.map((one) => <option key={one.id} value={one.id}>{one.username}</option>)}
              </select>
            </div>
          )}
        </div>
      </div>
      {me.value?.emergencies && <Waiting />}
      {numbers.error && !n ? <Failed error={numbers.error} retry={numbers.reload} /> : (
        <>
          <Panel title={t('business.today')}>
            <div class="figures lead">{KEYS_TODAY.map((key) => <Figure key={key} of="today" name={key} numbers={n?.today ?? NONE} />)}</div>
            <Today numbers={n?.today ?? NONE} />
          </Panel>
          <Panel title={title} aside={<Goal month={n?.month ?? NONE} />}>
            <div class="figures">{KEYS_MONTH.map((key) => <Figure key={key} of="month" name={key} numbers={n?.month ?? NONE} />)}</div>
          </Panel>
        </>
      )}
      <Trend at={at} trader={trader} current={n} />
      {trader !== null && <Daily at={at} trader={trader} stamp={stamp} />}
      {traders.data && trader === null && <Traders at={at} traders={traders.data.traders} stamp={stamp} choose={setTrader} />}
    </>
  );
}

function Goal({ month }: { month: Record<string, number> }) {
  const goal = month.goal_amount ?? 0;
  const profit = month.profit_month ?? 0;
  return (
    <span class="goal" title={`${money(profit, 'PEN')} / ${money(goal, 'PEN')}`}>
      <span class="muted">{goal > 0 ? t('business.goal_text', { share: percent(profit / goal) }) : t('business.goal_none')}</span>
      <Bar share={goal > 0 ? profit / goal : 0} tone={goal > 0 && profit >= goal ? 'good' : 'accent'} />
    </span>
  );
}

// useStamp reloads soon after a change at the desk and gives a number that grows, more slowly, for what is costly to read.
function useStamp(reload: () => void): number {
  const [stamp, setStamp] = useState(0);
  const soon = useRef<ReturnType<typeof setTimeout> | null>(null);
  const later = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    const changed = () => {
      soon.current ??= setTimeout(() => {
        soon.current = null;
        reload();
      }, CALM_MS);
      later.current ??= setTimeout(() => {
        later.current = null;
        setStamp((n) => n + 1);
      }, CALM_MANY_MS);
    };
    const offs = [on('dashboard_update', changed), on('connect', changed), on('resync_required', changed)];
    return () => {
      offs.forEach((off) => off());
      if (soon.current) clearTimeout(soon.current);
      if (later.current) clearTimeout(later.current);
      soon.current = null;
      later.current = null;
    };
  }, [reload]);
  return stamp;
}
