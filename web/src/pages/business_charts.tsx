// The charts of the business: six months, and the days of one trader.
import { useMemo } from 'preact/hooks';
import { day, money, month as monthText, shortMoney } from '../core/format';
import { useLoad } from '../core/load';
import { useAll } from '../core/load_all';
import { type Month, shift } from '../core/month';
import { query } from '../core/rest';
import { useEffect } from 'preact/hooks';
import { lang, t } from '../i18n';
import { Chart } from '../parts/chart';
import { Panel } from '../parts/panel';
import type { Numbers, Profits } from '../wire';
import { numbersPath } from './business';

const MONTHS = 6;
const usd = (n: number) => money(n, 'USD');
const pen = (n: number) => money(n, 'PEN');

// Trend reads the months before once; the last one is that of the page, so that both show the same.
export function Trend({ at, trader, current }: { at: Month; trader: number | null; current: Numbers | null }) {
  const months = Array.from({ length: MONTHS }, (_, i) => shift(at, i + 1 - MONTHS));
  const past = useAll<Numbers>(months.slice(0, -1).map((m) => numbersPath(m, trader)), 0);
  const read = (m: Month, i: number) => (i === MONTHS - 1 ? current : past[numbersPath(m, trader)]) ?? null;
  const names = months.map((m) => monthText(m.year, m.month, 'short'));
  const xs = useMemo(() => months.map((_, i) => i), []);
  const key = `${lang.value}${names.join()}${months.map((m, i) => `${read(m, i)?.month.total_usd},${read(m, i)?.month.profit_month}`).join()}`;
  const values = useMemo(() => ({
    usd: months.map((m, i) => read(m, i)?.month.total_usd ?? null),
    profit: months.map((m, i) => read(m, i)?.month.profit_month ?? null),
  }), [key]);
  return (
    <Panel title={t('business.trend')} class="charts two">
      <Chart label={t('business.trend_usd')} xs={xs} names={names} lines={[{ label: 'USD', values: values.usd, colour: 'accent', bars: true }]}
        show={usd} axis={(n) => shortMoney(n, 'USD')} />
      <Chart label={t('business.trend_profit')} xs={xs} names={names} lines={[{ label: 'PEN', values: values.profit, colour: 'busy', bars: true }]}
        show={pen} axis={(n) => shortMoney(n, 'PEN')} />
    </Panel>
  );
}

export function Daily({ at, trader, stamp }: { at: Month; trader: number; stamp: number }) {
  const profits = useLoad<Profits>(query('/dashboard/api/profits', { trader_id: trader, month: at.month, year: at.year }));
  useEffect(() => {
    if (stamp > 0) profits.reload();
  }, [stamp]);
  const days = profits.data?.daily_profits ?? [];
  const shape = useMemo(() => {
    const sorted = [...days].sort((a, b) => a.profit_date.localeCompare(b.profit_date));
    return { names: sorted.map((d) => day(d.profit_date)), values: sorted.map((d) => d.profit_amount_pen), xs: sorted.map((_, i) => i) };
  }, [profits.data, lang.value]);
  return (
    <Panel title={t('business.daily')} class="charts one">
      {days.length === 0 ? <p class="muted chart-none">{profits.data ? t('business.daily_none') : '\u00a0'}</p> : (
        <Chart label={t('business.daily')} xs={shape.xs} names={shape.names} lines={[{ label: 'PEN', values: shape.values, colour: 'good', bars: true }]}
          show={pen} axis={(n) => shortMoney(n, 'PEN')} />
      )}
    </Panel>
  );
}
