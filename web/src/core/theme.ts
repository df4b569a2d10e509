// Light, dark, or as the system says; remembered.
import { computed, signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'relevo.console.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(system.matches);
const stored = localStorage.getItem(KEY);

export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto');

// dark is what is shown; charts are drawn again when it changes.
export const dark = computed(() => (theme.value === 'auto' ? systemDark.value : theme.value === 'dark'));

export function setTheme(next: Theme): void {
  theme.value = next;
  localStorage.setItem(KEY, next);
  apply();
}

export function startTheme(): void {
  system.addEventListener('change', () => {
    systemDark.value = system.matches;
  });
  apply();
}

function apply(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}
