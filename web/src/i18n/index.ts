// The two languages of the page. Views that call t are painted again when the language changes.
import { signal } from '@preact/signals';
import type { Said } from '../wire';
import { en } from './en';
import { es } from './es';

export type Lang = 'es' | 'en';
export type Key = keyof typeof es;

const KEY = 'relevo.console.lang';
const stored = localStorage.getItem(KEY);
const preferred: Lang = navigator.language.toLowerCase().startsWith('en') ? 'en' : 'es';

export const lang = signal<Lang>(stored === 'es' || stored === 'en' ? stored : preferred);

export function setLang(next: Lang): void {
  lang.value = next;
  localStorage.setItem(KEY, next);
  startLang();
}

// startLang tells the browser and screen readers which language the page is in.
export function startLang(): void {
  document.documentElement.lang = lang.value;
}

// t is the text of key with {name} replaced by the values.
export function t(key: Key, values?: Record<string, string | number>): string {
  const text: string = (lang.value === 'es' ? es : en)[key];
  return values ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : text;
}

// word is the text of a key made from a word of the server, or the word itself where the page does not know it.
export function word(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in es ? t(key as Key) : value;
}

// plural picks key.one or key.many by n and sets {n} to it as shown.
export function plural(key: string, n: number, shown: string = String(n)): string {
  return t(`${key}.${n === 1 ? 'one' : 'many'}` as Key, { n: shown });
}

// said is a sentence that the server gives in both languages.
export const said = (text: Said | null | undefined): string => (text ? text[lang.value] : '');
