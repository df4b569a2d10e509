// The page's one connection: the same Socket.IO endpoint and cookie as every other page of the desk.
import { signal } from '@preact/signals';
import { io, type Socket } from 'socket.io-client';
import { loadMe, me } from './me';
import { RestError, signIn } from './rest';

// sent_away: the server closed the connection in words, so the client does not come back by itself.
export type Connection = 'connecting' | 'on' | 'off' | 'sent_away';
export const connection = signal<Connection>('connecting');
// offSince is when the connection was lost; null while it stands or never stood.
export const offSince = signal<number | null>(null);

type Listener = (payload: never) => void;
const listeners = new Map<string, Set<Listener>>();
let socket: Socket | null = null;

// on calls listener with the payload of each event of that name; the result ends it. The name "connect" means that the
// connection stands (again) and what happened before may have been missed.
export function on<T>(name: string, listener: (payload: T) => void): () => void {
  let set = listeners.get(name);
  if (!set) {
    set = new Set();
    listeners.set(name, set);
  }
  set.add(listener as Listener);
  return () => void set.delete(listener as Listener);
}

function tell(name: string, payload: unknown): void {
  listeners.get(name)?.forEach((listener) => listener(payload as never));
}

// start connects and watches. Attempts never end: a console that gave up would show old numbers.
export function startSocket(path: string): void {
  socket = io({
    path, transports: ['websocket', 'polling'], reconnectionAttempts: Infinity, reconnectionDelay: 500, reconnectionDelayMax: 5000, timeout: 10000,
  });
  socket.on('connect', () => {
    connection.value = 'on';
    offSince.value = null;
    watch();
    tell('connect', null);
  });
  socket.on('disconnect', (reason) => {
    offSince.value ??= Date.now();
    if (reason === 'io server disconnect') void sentAway();
    else connection.value = 'connecting';
  });
  socket.on('connect_error', () => {
    offSince.value ??= Date.now();
    // An error that the server gave in words ends the attempts of the client.
    connection.value = socket?.active ? (navigator.onLine ? 'connecting' : 'off') : 'sent_away';
  });
  socket.on('session_ended', (payload: { reason?: string } | undefined) => {
    if (payload?.reason !== 'replaced') signIn();
  });
  // A change of role takes watchers out of the room, also those who may still look; who may not is told by the server's page.
  socket.on('session_updated', () => void loadMe().then(() => watch(), (error) => {
    if (error instanceof RestError && error.status === 403) location.reload();
  }));
  socket.onAny((name: string, payload: unknown) => tell(name, payload));
  // The browser knows before the next attempt is due.
  addEventListener('online', () => {
    if (connection.value !== 'on') socket?.connect();
  });
}

const watch = () => void socket?.emit('console_watch', true, () => {});

// reconnect comes back now instead of at the next attempt, or after the server sent the page away.
export function reconnect(): void {
  connection.value = 'connecting';
  socket?.disconnect().connect();
}

async function sentAway(): Promise<void> {
  connection.value = 'sent_away';
  // Without a session this leads to the sign-in page.
  await loadMe().catch(() => {});
  if (!me.value) connection.value = 'off';
}
