// The JSON of the console: what server/console answers and sends. Times are RFC 3339 in UTC, durations milliseconds,
// null means unknown. What comes as an event is generated from the table.

import type { FeedEvent } from './generated/events';

export type { ConsoleFeed, ConsoleNow, FeedEvent } from './generated/events';

export interface Me {
  user_id: number;
  username: string;
  role: string;
  can_act: boolean;
  csrf_token: string;
  node: string;
  version: string;
  socket_path: string;
  emergencies: boolean;
  retention_ms: number;
  admin_ui: boolean;
  events: string[];
  all_roles: string[];
}

export type SeriesName = 'sockets' | 'users' | 'events' | 'write_p50_ms' | 'write_p99_ms'
  | 'confirmed_p50_ms' | 'confirmed_p99_ms' | 'pending' | 'errors';
export type Series = Record<SeriesName, (number | null)[]>;
export interface History { step_ms: number; to: string; series: Series }

export interface LastConfirmed { id: string; name: string; at: string }

export interface PersonRow {
  user_id: number;
  username: string;
  role: string;
  tabs: number;
  transports: Record<string, number>;
  since: string;
  last_confirmed: LastConfirmed | null;
  settled: boolean;
  queue_bytes: number;
  addresses: string[] | null;
}
export interface People { people: PersonRow[]; anonymous: number; more: boolean }

export interface PersonSocket {
  sid: string;
  transport: string;
  address: string;
  since: string;
  queue_packets: number;
  queue_bytes: number;
  settled: boolean;
  last_confirmed: LastConfirmed | null;
  rooms: string[] | null;
}
export interface Slot { state: string; node: string; since: string; until: string | null; rooms: string[] | null }
export interface TrailLine {
  at: string;
  kind: string;
  sid: string;
  transport: string;
  reason: string | null;
  events: number | null;
}
export interface Person {
  person: { user_id: number; username: string; role: string; status: string; online: boolean; last_seen?: string | null };
  sockets: PersonSocket[];
  slots: Slot[];
  trail: TrailLine[];
  trail_since: string | null;
}

export interface UserRef { user_id: number; username: string; role: string; status?: string; online?: boolean }

// Next is the `before` of the page that follows: a page may be short, because the search in the log is bounded.
export interface EventPage { events: FeedEvent[]; more: boolean; next: string | null }

export interface Said { es: string; en: string }

export type StoryState = 'confirmed' | 'waiting' | 'away' | 'expired' | 'absent' | 'not_addressed' | 'unknown';
export interface Story {
  user_id: number;
  username: string;
  role: string;
  state: StoryState;
  via: string | null;
  at: string | null;
  after_ms: number | null;
  sid: string | null;
  transport: string | null;
  reason: string | null;
  node: string | null;
  sockets?: number;
  why: Said;
  next: Said | null;
}
export interface EventStory {
  event: FeedEvent & { trace: string | null; expires_at: string | null };
  summary: Record<string, number>;
  people: Story[];
  more: boolean;
}

export interface Emergencies {
  enabled: boolean;
  waiting: { id: string | number; requested_at: string; age_ms: number }[] | null;
  oldest_ms: number | null;
}

export type HealthState = 'ok' | 'warn' | 'bad' | 'off';
export interface Health {
  state: HealthState;
  checks: { name: string; state: HealthState; detail: Said; value: unknown }[];
  limits: { limit: string; hits: number }[];
  version: { version: string; commit: string; go: string; started_at: string; uptime_ms: number; os: string; arch: string };
  config: { key: string; value: unknown; origin: string }[];
}

// The numbers of contract section 3.6, read from the desk's own routes.
export interface Numbers {
  today: Record<string, number>;
  month: Record<string, number>;
  system: Record<string, number>;
}
export interface Trader { id: number; username: string; email: string }
export interface Goals { traders: { id: number; username: string; goal_amount: number }[] }
export interface Profits {
  trader_id: number;
  trader_name: string;
  profit_today: number;
  accumulated_profit: number;
  daily_profits: { profit_date: string; profit_amount_pen: number }[];
}

export interface AuditLine {
  source: string;
  id: number;
  at: string;
  username: string | null;
  action: string;
  entity: string;
  entity_id: number | null;
  details: string | null;
  notes: string | null;
}

export interface Acted { success: boolean; message: string; [count: string]: unknown }
