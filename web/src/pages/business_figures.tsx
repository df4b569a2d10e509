// The single numbers of contract section 3.6. What is shown is rounded to the language; data-value has the exact number.
import { count, money } from '../core/format';
import { type Key, t } from '../i18n';

export const KEYS_TODAY = ['operations_count', 'total_usd', 'total_pen', 'profit_today', 'unique_clients'] as const;
export const KEYS_MONTH = ['operations_count', 'total_usd', 'total_pen', 'profit_month', 'goal_amount', 'unique_clients', 'active_clients'] as const;

const CURRENCY: Record<string, 'USD' | 'PEN'> = { total_usd: 'USD', total_pen: 'PEN', profit_today: 'PEN', profit_month: 'PEN', goal_amount: 'PEN' };

export function Figure({ of, name, numbers }: { of: 'today' | 'month' | 'system'; name: string; numbers: Record<string, number> }) {
  const value = numbers[name];
  const currency = CURRENCY[name];
  return (
    <div class="figure">
      <div class="figure-label">{t(`num.${name}` as Key)}</div>
      <div class={`figure-value ${value !== undefined && value < 0 ? 'negative' : ''}`} data-testid={`business-${of}-${name}`} data-value={value}>
        {currency ? money(value, currency) : count(value)}
      </div>
    </div>
  );
}

const STATES = [
  { key: 'completed_count', tone: 'good' }, { key: 'in_process_count', tone: 'busy' },
  { key: 'pending_count', tone: 'wait' }, { key: 'canceled_count', tone: 'bad' },
] as const;

// Today is the state of the operations of the day as one band in parts; the numbers are its legend.
export function Today({ numbers }: { numbers: Record<string, number> }) {
  const sum = STATES.reduce((all, s) => all + (numbers[s.key] ?? 0), 0);
  let from = 0;
  return (
    <div class="band" role="group" aria-label={t('business.status_today')}>
      <svg class="band-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-rail" width="100" height="4" />
        {sum > 0 && STATES.map(({ key, tone }) => {
          const width = ((numbers[key] ?? 0) / sum) * 100;
          const x = from;
          from += width;
          return <rect key={key} class={`bar-fill k-${tone}`} x={x} width={width} height="4" />;
        })}
      </svg>
      <ul class="band-legend">
        {STATES.map(({ key, tone }) => (
          <li key={key} class={`legend-item k-${tone}`}>
            <span>{t(`num.${key}`)}</span> <b class="num" data-testid={`business-today-${key}`} data-value={numbers[key]}>{count(numbers[key])}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
