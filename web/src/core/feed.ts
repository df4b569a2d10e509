// The live events: bounded, painted at most four times a second, and held back while paused.
import { signal } from '@preact/signals';
import type { ConsoleFeed, FeedEvent, UserRef } from '../wire';
import { on } from './socket';

export const MOST_ROWS = 200;
const PAINT_MS = 250;
// A flood is painted more seldom and with fewer rows, so that the page takes at most an eighth of the browser's time.
const SHARE = 8;
const SELDOM_MS = 2000;
const MOST_FRESH = 30;
// While somebody aims at a row the rows stay where they are; a pointer that only rests on them holds nothing back.
const AIM_MS = 1200;

// FeedRow has a key of the page, because events of class latest have no id.
export interface FeedRow { key: string; event: FeedEvent }

export interface FeedFilter { name: string; entity: string; user: UserRef | null; room: string }

export const rows = signal<FeedRow[]>([]);
export const skipped = signal(0);
export const counts = signal<Record<string, number>>({});
export const paused = signal(false);
// held counts the events that came during the pause.
export const held = signal(0);

let incoming: FeedEvent[] = [];
let skippedNow = 0;
let countsNow: Record<string, number> = {};
let timer: ReturnType<typeof setTimeout> | null = null;
let serial = 0;
let aimingUntil = 0;
let cost = 0;
// While the log is read live events wait, so that none falls between the two.
let reading = false;
let filter: FeedFilter = { name: '', entity: '', user: null, room: '' };

export const row = (event: FeedEvent): FeedRow => ({ key: event.id ?? `live-${++serial}`, event });

export function startFeed(): void {
  on<ConsoleFeed>('console_feed', (feed) => {
    for (const event of feed.events) if (matches(event, filter)) incoming.push(event);
    const most = paused.value ? MOST_ROWS : MOST_FRESH;
    if (incoming.length > most) {
      skippedNow += incoming.length - most;
      incoming = incoming.slice(-most);
    }
    skippedNow += feed.skipped;
    for (const [name, n] of Object.entries(feed.counts)) countsNow[name] = (countsNow[name] ?? 0) + n;
    timer ??= setTimeout(paint, Math.min(SELDOM_MS, Math.max(PAINT_MS, cost * SHARE)));
  });
}

function paint(): void {
  timer = null;
  if (Object.keys(countsNow).length) {
    const sum = { ...counts.value };
    for (const [name, n] of Object.entries(countsNow)) sum[name] = (sum[name] ?? 0) + n;
    counts.value = sum;
    countsNow = {};
  }
  if (paused.value) {
    held.value = incoming.length + skippedNow;
    return;
  }
  if (reading || Date.now() < aimingUntil) {
    timer = setTimeout(paint, PAINT_MS);
    return;
  }
  measure();
  if (incoming.length) {
    const known = new Set(rows.value.map((r) => r.key));
    const fresh = incoming.filter((e) => e.id === null || !known.has(e.id)).map(row).reverse();
    rows.value = [...fresh, ...rows.value].slice(0, MOST_ROWS);
    incoming = [];
  }
  skipped.value += skippedNow;
  skippedNow = 0;
  held.value = 0;
}

// measure learns what a paint costs, layout included.
function measure(): void {
  const from = performance.now();
  requestAnimationFrame(() => setTimeout(() => {
    cost = performance.now() - from;
  }));
}

export function aim(): void {
  aimingUntil = Date.now() + AIM_MS;
}

export function setPaused(next: boolean): void {
  paused.value = next;
  if (!next) {
    aimingUntil = 0;
    if (timer) clearTimeout(timer);
    paint();
  }
}

// expect takes another filter; the rows stay until begin, so that nothing jumps.
export function expect(next: FeedFilter): void {
  filter = next;
  incoming = [];
  reading = true;
}

// begin replaces the rows with those that the log has for the filter; live events that match are added from now on.
export function begin(events: FeedEvent[]): void {
  reading = false;
  skippedNow = 0;
  skipped.value = 0;
  held.value = 0;
  rows.value = events.slice(0, MOST_ROWS).map(row);
  if (incoming.length && !timer) paint();
}

export function addOlder(events: FeedEvent[]): void {
  const known = new Set(rows.value.map((r) => r.key));
  rows.value = [...rows.value, ...events.map(row).filter((r) => !known.has(r.key))].slice(0, MOST_ROWS);
}

// matches is the server's own rule for live events: a user is addressed through the rooms that the role gives now.
export function matches(event: FeedEvent, f: FeedFilter): boolean {
  if (f.name && event.name !== f.name) return false;
  if (f.entity && event.entity !== f.entity) return false;
  if (f.room && !event.rooms.includes(f.room)) return false;
  if (f.user) {
    const own = ['public', 'authenticated', `user_${f.user.user_id}`, `role_${f.user.role}`];
    if (event.except?.some((room) => own.includes(room))) return false;
    if (!event.rooms.some((room) => own.includes(room))) return false;
  }
  return true;
}
