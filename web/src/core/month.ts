// Months as the desk counts them: its day and month are those of Lima, wherever the browser is.
export interface Month { year: number; month: number }

export function thisMonth(): Month {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Lima', year: 'numeric', month: '2-digit' }).formatToParts(new Date());
  const of = (type: string) => Number(parts.find((p) => p.type === type)?.value);
  return { year: of('year'), month: of('month') };
}

export function shift({ year, month }: Month, by: number): Month {
  const n = year * 12 + (month - 1) + by;
  return { year: Math.floor(n / 12), month: (n % 12) + 1 };
}

export const same = (a: Month, b: Month) => a.year === b.year && a.month === b.month;
