// Who looks at the page and what the server offers; read once before anything else and again when the role changes.
import { signal } from '@preact/signals';
import type { Me } from '../wire';
import { get } from './rest';

export const me = signal<Me | null>(null);

export const csrf = () => me.value?.csrf_token ?? '';

export async function loadMe(): Promise<Me> {
  me.value = await get<Me>('/console/api/me');
  return me.value;
}
