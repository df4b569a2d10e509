// Short notices at the edge of the page.
import { signal } from '@preact/signals';

export type Tone = 'good' | 'busy' | 'wait' | 'bad' | 'quiet' | 'again';
export interface Toast { id: number; text: string; tone: Tone }

const SHOWN_MS = 6000;
const MOST = 4;
export const toasts = signal<Toast[]>([]);
let last = 0;

export function toast(text: string, tone: Tone): void {
  const id = ++last;
  toasts.value = [...toasts.value, { id, text, tone }].slice(-MOST);
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}
