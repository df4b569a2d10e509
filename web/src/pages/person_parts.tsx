// The three lists of a person.
import { ask } from '../core/act';
import { bytes, count, dateTime, shorten, time } from '../core/format';
import { me } from '../core/me';
import { to } from '../core/route';
import type { Tone } from '../core/toast';
import { plural, t, word } from '../i18n';
import { Ago, Since } from '../parts/ago';
import { Chip, EventName } from '../parts/chip';
import { Panel, Scroll } from '../parts/panel';
import { Rooms } from '../parts/room';
import type { PersonSocket, Slot, TrailLine } from '../wire';

export function Sockets({ sockets, done }: { sockets: PersonSocket[]; done: () => void }) {
  return (
    <Panel title={t('person.sockets')} flush class="person-place" aside={<span class="muted num">{count(sockets.length)}</span>}>
      {sockets.length === 0 ? <p class="muted inset">{t('person.no_sockets')}</p> : (
        <Scroll label={t('person.sockets_caption')}>
          <table class="cards">
            <caption class="unseen">{t('person.sockets_caption')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('person.sid')}</th><th scope="col">{t('people.transport')}</th><th scope="col">{t('person.address')}</th>
                <th scope="col">{t('common.since')}</th><th scope="col">{t('people.confirmed')}</th><th scope="col">{t('common.state')}</th>
                <th scope="col">{t('person.rooms')}</th>{me.value?.can_act && <td />}
              </tr>
            </thead>
            <tbody>{sockets.map((s) => <SocketLine key={s.sid} socket={s} done={done} />)}</tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}

function SocketLine({ socket: s, done }: { socket: PersonSocket; done: () => void }) {
  const disconnect = () => ask({
    title: t('action.disconnect_confirm', { sid: shorten(s.sid) }), text: t('action.disconnect_back'), yes: t('action.disconnect'), danger: false,
    route: 'disconnect', body: { sid: s.sid, stay_away: false }, done,
  });
  return (
    <tr data-testid="socket-row" data-sid={s.sid}>
      <th scope="row" class="plain mono" title={s.sid}>{shorten(s.sid)}</th>
      <td data-label={t('people.transport')}>{word('transport', s.transport)}</td>
      <td class="mono" data-label={t('person.address')}>{s.address}</td>
      <td class="num" data-label={t('common.since')}><Since at={s.since} /></td>
      <td class="whole" data-label={t('people.confirmed')}>
        {s.last_confirmed ? <><a class="event-link" href={to('event', s.last_confirmed.id)}><EventName name={s.last_confirmed.name} /></a> <span class="muted num"><Ago at={s.last_confirmed.at} /></span></>
          : <span class="muted">{t('people.nothing')}</span>}
      </td>
      <td>
        <Chip tone={s.settled ? 'good' : 'busy'}>{t(s.settled ? 'people.settled' : 'people.behind')}</Chip>
        {s.queue_packets > 0 && <span class="muted num"> {plural('now.queue_help', s.queue_packets, count(s.queue_packets))}, {bytes(s.queue_bytes)}</span>}
      </td>
      <td class="whole" data-label={t('person.rooms')}><Rooms rooms={s.rooms ?? []} /></td>
      {me.value?.can_act && <td class="right"><button type="button" class="button small" data-testid="action-disconnect" data-sid={s.sid} onClick={disconnect}>{t('action.disconnect')}</button></td>}
    </tr>
  );
}

const SLOT_TONES: Record<string, Tone> = { open: 'good', away: 'wait', taken: 'quiet' };

export function Slots({ slots }: { slots: Slot[] }) {
  return (
    <Panel title={t('person.slots')} flush>
      {slots.length === 0 ? <p class="muted inset">{t('person.no_slots')}</p> : (
        <Scroll label={t('person.slots_caption')}>
          <table class="cards">
            <caption class="unseen">{t('person.slots_caption')}</caption>
            <thead><tr><th scope="col">{t('common.state')}</th><th scope="col">{t('common.since')}</th><th scope="col">{t('person.until')}</th><th scope="col">{t('now.nodes')}</th></tr></thead>
            <tbody>
              {slots.map((slot, i) => (
                <tr key={i}>
                  <td><Chip tone={SLOT_TONES[slot.state] ?? 'quiet'}>{word('slot', slot.state)}</Chip></td>
                  <td class="num" data-label={t('common.since')}><Ago at={slot.since} /></td>
                  <td class="num" data-label={t('person.until')}>{slot.until ? dateTime(slot.until) : '–'}</td>
                  <td class="mono" data-label={t('now.nodes')} title={slot.node}>{shorten(slot.node)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}

// folded joins confirmations that follow each other: between them nothing happened that anybody would ask about.
function folded(lines: TrailLine[]): { line: TrailLine; times: number; since: string }[] {
  const out: { line: TrailLine; times: number; since: string }[] = [];
  for (const line of lines) {
    const last = out.at(-1);
    if (last && line.kind === 'confirmed' && last.line.kind === 'confirmed') {
      last.times++;
      last.since = line.at;
    } else {
      out.push({ line, times: 1, since: line.at });
    }
  }
  return out;
}

const TRAIL_TONES: Record<string, Tone> = { connected: 'good', confirmed: 'busy', replayed: 'again', resynced: 'wait', left: 'quiet' };

export function Trail({ lines, since }: { lines: TrailLine[]; since: string }) {
  return (
    <Panel title={t('person.trail')} flush aside={<span class="muted small-text num">{since}</span>}>
      {lines.length === 0 ? <p class="muted inset">{t('person.no_trail')}</p> : (
        <Scroll label={t('person.trail_caption')} tall>
          <table class="trail">
            <caption class="unseen">{t('person.trail_caption')}</caption>
            <thead><tr><th scope="col">{t('person.when')}</th><th scope="col">{t('person.what')}</th><th scope="col">{t('person.detail')}</th><th scope="col">{t('person.sid')}</th></tr></thead>
            <tbody>
              {folded(lines).map(({ line, times, since: first }, i) => (
                <tr key={i} data-testid="trail-row" data-kind={line.kind}>
                  <td class="num"><time dateTime={line.at} title={dateTime(line.at)}>{time(line.at)}</time></td>
                  <td><Chip tone={TRAIL_TONES[line.kind] ?? 'quiet'}>{word('trail', line.kind)}</Chip></td>
                  <td>
                    {line.reason ? (line.reason === 'recovered' ? t('trail.recovered') : <span class="mono">{line.reason}</span>) : ''}
                    {times > 1 && t('trail.times', { n: count(times), at: time(first) })}
                    {line.events ? plural('trail.events', line.events, count(line.events)) : ''}
                  </td>
                  <td class="muted"><span class="mono" title={line.sid}>{shorten(line.sid)}</span> {line.transport && word('transport', line.transport)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </Panel>
  );
}
