// Now: who is here, what happens, and whether it arrives.
import { clock } from '../core/clock';
import { bytes, clockTime, count, ms, rate, span } from '../core/format';
import { history, now, receivedAt, total } from '../core/now';
import { plural, t } from '../i18n';
import { Chart, type Line } from '../parts/chart';
import { Panel } from '../parts/panel';
import { Loading } from '../parts/state';
import { Tile } from '../parts/tile';
import type { ConsoleNow, History } from '../wire';
import { People } from './people';
import { Ended, Nodes, Roles } from './now_sides';

const STALE_MS = 7000;
// A process that has just begun shows its first minutes, not an empty hour.
const WINDOW_S = 300;

export function NowView() {
  const n = now.value;
  if (!n) return <><h1>{t('now.title')}</h1><Loading lines={8} /></>;
  const age = clock.value - receivedAt.value;
  return (
    <>
      <div class="view-head">
        <h1>{t('now.title')}</h1>
        <p class="muted num">
          {t('now.node', { node: n.node })} · {t('now.uptime', { span: span(n.uptime_ms) })} · {' '}
          {age > STALE_MS ? <b class="stale">{t('now.stale', { span: span(age) })}</b> : <time dateTime={n.at}>{clockTime(new Date(n.at))}</time>}
        </p>
      </div>
      <Tiles n={n} past={history.value} />
      <div class="split">
        <Hour past={history.value} />
        <div class="stack">
          <Roles n={n} />
          <Nodes n={n} />
        </div>
      </div>
      <People version={n.people_version} />
      <Ended n={n} />
    </>
  );
}

function Tiles({ n, past }: { n: ConsoleNow; past: History | null }) {
  const s = past?.series;
  const users = total(n, 'users');
  const sockets = total(n, 'sockets');
  const anonymous = n.roles.find((r) => r.role === '')?.sockets ?? 0;
  const slow = n.queue.slow;
  return (
    <div class="tiles">
      <Tile label={t('now.users')} testid="now-users" value={count(users)} exact={users} help={t('now.users_help', { n: count(anonymous) })}
        values={s?.users} show={count} spark />
      <Tile label={t('now.sockets')} testid="now-sockets" value={count(sockets)} exact={sockets}
        help={t('now.sockets_help', { ws: count(n.transports.websocket ?? 0), polling: count(n.transports.polling ?? 0) })} values={s?.sockets} show={count} spark />
      <Tile label={t('now.events')} testid="now-events-rate" value={rate(n.rates.events)} exact={n.rates.events}
        help={t('now.arrivals', { connects: rate(n.rates.connects), disconnects: rate(n.rates.disconnects) })} values={s?.events} show={rate} spark />
      <Tile label={t('now.confirmed')} testid="now-confirmed" title={t('now.confirmed_help')} value={ms(n.confirmed_ms.p50)} exact={n.confirmed_ms.p50}
        help={t('now.p99', { value: ms(n.confirmed_ms.p99) })} values={s?.confirmed_p99_ms} show={ms} spark />
      <Tile label={t('now.write')} testid="now-write" title={t('now.write_help')} value={ms(n.write_ms.p50)} exact={n.write_ms.p50}
        help={t('now.p99', { value: ms(n.write_ms.p99) })} values={s?.write_p99_ms} show={ms} spark />
      <Tile label={t('now.queue')} testid="now-queue" value={bytes(n.queue.bytes)} exact={n.queue.bytes} tone={slow > 0 ? 'wait' : undefined}
        help={<>{plural('now.queue_help', n.queue.packets, count(n.queue.packets))} · {plural('now.slow', slow, count(slow))}</>} />
      <Tile label={t('now.outbox')} testid="now-outbox" value={count(n.outbox?.pending)} exact={n.outbox?.pending ?? null}
        tone={n.outbox && n.outbox.oldest_ms > 5000 ? 'bad' : undefined}
        help={!n.outbox || n.outbox.pending === 0 ? t('now.outbox_none') : t('now.outbox_help', { span: ms(n.outbox.oldest_ms) })} values={s?.pending} show={count} spark />
      <Tile label={t('now.push')} testid="now-push" value={n.push ? count(n.push.listening) : t('now.push_none')} exact={n.push?.listening ?? null}
        help={n.push ? t('now.push_text', { mute: count(n.push.mute) }) : undefined} />
      <Tile label={t('now.slow_dropped')} testid="now-slow-dropped" value={count(n.slow_dropped)} exact={n.slow_dropped} help={t('now.slow_dropped_help')}
        tone={n.slow_dropped > 0 ? 'wait' : undefined} />
      <Tile label={t('now.benign')} testid="now-benign" value={count(n.benign_errors)} exact={n.benign_errors} title={t('now.benign_help')}
        help={t('now.slow_dropped_help')} values={s?.errors} show={count} spark />
    </div>
  );
}

function Hour({ past }: { past: History | null }) {
  const s = past?.series;
  const length = s?.events.length ?? 0;
  const end = past ? Date.parse(past.to) / 1000 : 0;
  const step = past ? past.step_ms / 1000 : 10;
  const xs = Array.from({ length }, (_, i) => end - (length - 1 - i) * step);
  const latency: Line[] = [
    { label: 'p99', values: s?.confirmed_p99_ms ?? [], colour: 'wait' },
    { label: 'p50', values: s?.confirmed_p50_ms ?? [], colour: 'accent' },
  ];
  const events: Line[] = [{ label: t('now.events'), values: s?.events ?? [], colour: 'busy' }];
  const sockets: Line[] = [
    { label: t('common.sockets'), values: s?.sockets ?? [], colour: 'again' },
    { label: t('common.users'), values: s?.users ?? [], colour: 'good' },
  ];
  return (
    <Panel title={t('now.charts')} class="charts">
      <Chart label={t('now.chart_latency')} xs={xs} lines={latency} show={ms} window={WINDOW_S} />
      <Chart label={t('now.chart_events')} xs={xs} lines={events} show={rate} window={WINDOW_S} />
      <Chart label={t('now.chart_sockets')} xs={xs} lines={sockets} show={count} window={WINDOW_S} />
    </Panel>
  );
}
