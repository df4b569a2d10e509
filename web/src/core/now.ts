// The numbers of this node: the last second, and the last hour in steps of ten seconds.
import { signal } from '@preact/signals';
import type { ConsoleNow, History, Series, SeriesName } from '../wire';
import { get } from './rest';
import { connection, on } from './socket';

const MOST_POINTS = 360;
// Without the socket the numbers are asked for over REST this often.
const POLL_MS = 5000;

export const now = signal<ConsoleNow | null>(null);
export const history = signal<History | null>(null);
// receivedAt is when now came, by the clock of the browser.
export const receivedAt = signal(0);

let lastStep = 0;

export function startNow(): void {
  on<ConsoleNow>('console_now', take);
  on('connect', () => void loadHistory());
  void get<ConsoleNow>('/console/api/now').then(take, () => {});
  void loadHistory();
  setInterval(() => {
    if (connection.value !== 'on' && !document.hidden) void get<ConsoleNow>('/console/api/now').then(take, () => {});
  }, POLL_MS);
}

async function loadHistory(): Promise<void> {
  try {
    history.value = await get<History>('/console/api/history');
    lastStep = Date.now();
  } catch {
    // The graphs stay as they are; the banner tells that the server cannot be reached.
  }
}

function take(next: ConsoleNow): void {
  if (now.value && Date.parse(next.at) < Date.parse(now.value.at)) return;
  now.value = next;
  receivedAt.value = Date.now();
  const past = history.value;
  if (past && Date.now() - lastStep >= past.step_ms) {
    lastStep = Date.now();
    history.value = { ...past, to: next.at, series: append(past.series, next) };
  }
}

export const total = (n: ConsoleNow, of: 'users' | 'sockets') => n.roles.reduce((sum, role) => sum + role[of], 0);

function append(series: Series, n: ConsoleNow): Series {
  const latest: Record<SeriesName, number | null> = {
    sockets: total(n, 'sockets'), users: total(n, 'users'), events: n.rates.events,
    write_p50_ms: n.write_ms.p50, write_p99_ms: n.write_ms.p99,
    confirmed_p50_ms: n.confirmed_ms.p50, confirmed_p99_ms: n.confirmed_ms.p99,
    pending: n.outbox?.pending ?? null, errors: n.benign_errors + n.failed,
  };
  const grown = { ...series };
  for (const name of Object.keys(latest) as SeriesName[]) {
    grown[name] = [...(series[name] ?? []), latest[name]].slice(-MOST_POINTS);
  }
  return grown;
}
