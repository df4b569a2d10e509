// Numbers, money and times in the language of the page.
import { lang, t } from '../i18n';

const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

const locale = () => (lang.value === 'es' ? 'es-PE' : 'en-US');

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale() + JSON.stringify(options);
  let format = cache.get(key) as Intl.NumberFormat | undefined;
  if (!format) {
    format = new Intl.NumberFormat(locale(), options);
    cache.set(key, format);
  }
  return format;
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = 'd' + locale() + JSON.stringify(options);
  let format = cache.get(key) as Intl.DateTimeFormat | undefined;
  if (!format) {
    format = new Intl.DateTimeFormat(locale(), options);
    cache.set(key, format);
  }
  return format;
}

export const DASH = '–';

export function count(n: number | null | undefined): string {
  return n === null || n === undefined ? DASH : numberFormat({ maximumFractionDigits: 0 }).format(n);
}

// rate is a number per second: exact where it is small.
export function rate(n: number | null | undefined): string {
  if (n === null || n === undefined) return DASH;
  return numberFormat({ maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
}

export function percent(share: number): string {
  return numberFormat({ style: 'percent', maximumFractionDigits: 0 }).format(share);
}

// money shows an amount of the REST interface; the exact number belongs beside it, in data-value.
export function money(n: number | null | undefined, currency: 'USD' | 'PEN'): string {
  return n === null || n === undefined ? DASH : signed(numberFormat({ style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(n));
}

export function shortMoney(n: number, currency: 'USD' | 'PEN'): string {
  return signed(numberFormat({ style: 'currency', currency, currencyDisplay: 'narrowSymbol', notation: 'compact', maximumFractionDigits: 1 }).format(n));
}

// signed writes soles as the desk does; English has no sign for them.
const signed = (text: string) => text.replace('PEN', 'S/');

// ms is a delay: 0.42 ms, 12 ms, 1.4 s, then as a span.
export function ms(n: number | null | undefined): string {
  if (n === null || n === undefined) return DASH;
  if (n < 1000) return `${numberFormat({ maximumFractionDigits: n < 10 ? 1 : 0 }).format(n)} ms`;
  if (n < 60000) return `${numberFormat({ maximumFractionDigits: 1 }).format(n / 1000)} s`;
  return span(n);
}

export function bytes(n: number | null | undefined): string {
  if (n === null || n === undefined) return DASH;
  if (n < 1024) return `${n} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let size = n;
  let unit = '';
  for (const next of units) {
    if (size < 1024) break;
    size /= 1024;
    unit = next;
  }
  return `${numberFormat({ maximumFractionDigits: size < 10 ? 1 : 0 }).format(size)} ${unit}`;
}

// span is a duration in its two largest units.
export function span(n: number): string {
  const seconds = Math.max(0, Math.floor(n / 1000));
  const d = Math.floor(seconds / 86400);
  const h = Math.floor(seconds / 3600) % 24;
  const m = Math.floor(seconds / 60) % 60;
  const s = seconds % 60;
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${m} min`;
  if (m) return s && m < 10 ? `${m} min ${s} s` : `${m} min`;
  return `${s} s`;
}

// ago is how long before now a time was; times of a clock that goes ahead are now.
export function ago(iso: string, now: number): string {
  const past = now - Date.parse(iso);
  return past < 2000 ? t('time.now') : t('time.ago', { span: span(past) });
}

export function time(iso: string): string {
  const at = new Date(iso);
  const text = dateFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at);
  return `${text}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export function dateTime(iso: string): string {
  return dateFormat({ dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(iso));
}

export function minute(at: Date): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

export function month(year: number, oneToTwelve: number, style: 'long' | 'short' = 'long'): string {
  return dateFormat(style === 'long' ? { month: 'long', year: 'numeric' } : { month: 'short' }).format(new Date(year, oneToTwelve - 1, 1));
}

// day shows a date that has no time, YYYY-MM-DD, wherever the browser is.
export function day(date: string): string {
  return dateFormat({ day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${date}T00:00:00Z`));
}

// shorten keeps both ends of an id.
export const shorten = (id: string, keep = 8): string => (id.length > keep * 2 ? `${id.slice(0, keep)}…${id.slice(-4)}` : id);

export function clockTime(at: Date): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at);
}
