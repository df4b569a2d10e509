// One clock for all relative times of the page: it ticks once a second, and what shows an age depends on it alone.
import { signal } from '@preact/signals';

export const clock = signal(Date.now());

export function startClock(): void {
  setInterval(() => {
    clock.value = Date.now();
  }, 1000);
}
