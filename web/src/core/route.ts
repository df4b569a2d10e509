// The views of the page, by the fragment of its address.
import { signal } from '@preact/signals';

export type View = 'now' | 'feed' | 'event' | 'person' | 'business' | 'actions' | 'health';
export interface Route { view: View; id: string }

const VIEWS: readonly string[] = ['now', 'feed', 'event', 'person', 'business', 'actions', 'health'];

function read(): Route {
  const [view = '', id = ''] = location.hash.replace(/^#\/?/, '').split(/[/?]/);
  if (!VIEWS.includes(view) || ((view === 'event' || view === 'person') && !id)) return { view: 'now', id: '' };
  return { view: view as View, id: decodeURIComponent(id) };
}

export const route = signal<Route>(read());

export function startRoute(): void {
  addEventListener('hashchange', () => {
    route.value = read();
  });
}

export const to = (view: View, id: string | number = '') => `#/${view}${id === '' ? '' : `/${encodeURIComponent(id)}`}`;

export function go(view: View, id: string | number = ''): void {
  location.hash = to(view, id);
}
