// The feed: what the desk receives, as it comes; with filters the log is asked first and live events that match are added.
import { useEffect, useState } from 'preact/hooks';
import { addOlder, aim, begin, counts, expect, type FeedFilter, held, MOST_ROWS, paused, rows, setPaused, skipped } from '../core/feed';
import { count } from '../core/format';
import { useSettled } from '../core/load';
import { me } from '../core/me';
import { get, query } from '../core/rest';
import { on } from '../core/socket';
import { plural, t } from '../i18n';
import { EventName } from '../parts/chip';
import { Icon } from '../parts/icons';
import { Panel } from '../parts/panel';
import { Empty, Failed, Loading } from '../parts/state';
import { UserPicker } from '../parts/user_picker';
import type { EventPage, UserRef } from '../wire';
import { FeedLine } from './feed_line';

const PAGE = 50;
const path = (f: FeedFilter, before?: string) => query('/console/api/events', {
  name: f.name, entity: f.entity, room: f.room, user_id: f.user?.user_id, before, limit: PAGE,
});

export function FeedView() {
  const [name, setName] = useState('');
  const [entity, setEntity] = useState('');
  const [room, setRoom] = useState('');
  const [user, setUser] = useState<UserRef | null>(null);
  const settledEntity = useSettled(entity.trim(), 300);
  const settledRoom = useSettled(room.trim(), 300);
  const [state, setState] = useState<{ loading: boolean; error: Error | null; next: string | null }>({ loading: true, error: null, next: null });
  const filter: FeedFilter = { name, entity: settledEntity, room: settledRoom, user };
  const filtered = Boolean(name || settledEntity || settledRoom || user);

  const load = (control?: AbortController) => {
    setState((s) => ({ ...s, loading: true, error: null }));
    expect(filter);
    get<EventPage>(path(filter), control?.signal).then((page) => {
      begin(page.events);
      setState({ loading: false, error: null, next: page.more ? page.next : null });
    }, (error: Error) => {
      if (control?.signal.aborted) return;
      begin([]);
      setState({ loading: false, error, next: null });
    });
  };
  useEffect(() => {
    const control = new AbortController();
    load(control);
    // What came while the connection was lost is in the log.
    const off = on('connect', () => load(control));
    return () => {
      off();
      control.abort();
    };
  }, [name, settledEntity, settledRoom, user?.user_id]);

  const older = () => {
    if (state.next === null) return;
    get<EventPage>(path(filter, state.next)).then((page) => {
      addOlder(page.events);
      setState((s) => ({ ...s, next: page.more ? page.next : null }));
    }, (error: Error) => setState((s) => ({ ...s, error })));
  };
  const clear = () => {
    setName('');
    setEntity('');
    setRoom('');
    setUser(null);
  };

  return (
    <>
      <div class="view-head">
        <h1>{t('feed.title')}</h1>
        <p class="muted">{t('feed.intro')}</p>
      </div>
      <form class="filters" role="search" aria-label={t('feed.filters')} onSubmit={(e) => e.preventDefault()}>
        <div class="field">
          <label for="feed-name">{t('feed.name')}</label>
          <select id="feed-name" value={name} data-testid="feed-filter-name" onChange={(e) => setName(e.currentTarget.value)}>
            <option value="">{t('common.all')}</option>
            {me.value?.events.map((one) => <option key={one} value={one}>{one}</option>)}
          </select>
        </div>
        <div class="field">
          <label for="feed-entity">{t('feed.entity')}</label>
          <input id="feed-entity" type="text" autocomplete="off" spellcheck={false} placeholder={t('feed.entity_hint')} value={entity}
            data-testid="feed-filter-entity" onInput={(e) => setEntity(e.currentTarget.value)} />
        </div>
        <UserPicker label={t('common.user')} value={user} choose={setUser} testid="feed-filter-user" />
        <div class="field">
          <label for="feed-room">{t('feed.room')}</label>
          <input id="feed-room" type="text" autocomplete="off" spellcheck={false} list="feed-rooms" placeholder={t('feed.room_hint')} value={room}
            data-testid="feed-filter-room" onInput={(e) => setRoom(e.currentTarget.value)} />
          <datalist id="feed-rooms">
            <option value="authenticated" />
            {me.value?.all_roles.map((role) => <option key={role} value={`role_${role}`} />)}
          </datalist>
        </div>
        <div class="filter-buttons">
          <button type="button" class="button" disabled={!filtered} onClick={clear}>{t('feed.clear')}</button>
          <button type="button" class={`button ${paused.value ? 'primary' : ''}`} data-testid="feed-pause" aria-pressed={paused.value} onClick={() => setPaused(!paused.value)}>
            <Icon name={paused.value ? 'play' : 'pause'} />{t(paused.value ? 'feed.resume' : 'feed.pause')}
          </button>
        </div>
      </form>
      <Seen choose={setName} chosen={name} />
      <Panel title={t('feed.list')} flush aside={<Note />}>
        {state.error ? <Failed error={state.error} retry={() => load()} />
          : state.loading && rows.value.length === 0 ? <div class="inset"><Loading lines={8} /></div>
          : rows.value.length === 0 ? <Empty title={t(filtered ? 'feed.empty_filter' : 'feed.empty')}>{t(filtered ? 'feed.empty_filter_text' : 'feed.empty_text')}</Empty>
          : <List />}
        {state.next !== null && rows.value.length < MOST_ROWS && (
          <div class="inset center"><button type="button" class="button" data-testid="feed-older" onClick={older}>{t('feed.older')}</button></div>
        )}
      </Panel>
    </>
  );
}

function List() {
  return <ol class="feed" onPointerMove={aim} onPointerDown={aim}>{rows.value.map((r) => <FeedLine key={r.key} row={r} />)}</ol>;
}

// Note says what the list does not show.
function Note() {
  const text = paused.value ? plural('feed.paused', held.value, count(held.value))
    : skipped.value > 0 ? plural('feed.skipped', skipped.value, count(skipped.value)) : '';
  return <span class="muted small-text num" data-testid="feed-note">{text}</span>;
}

function Seen({ choose, chosen }: { choose: (name: string) => void; chosen: string }) {
  const names = Object.entries(counts.value).sort((a, b) => b[1] - a[1]).slice(0, 12);
  return (
    <div class="seen" role="group" aria-label={t('feed.seen')}>
      <span class="muted small-text">{t('feed.seen')}</span>
      {names.length === 0 ? <span class="muted">–</span> : names.map(([name, n]) => (
        <button key={name} type="button" class="count-chip" aria-pressed={chosen === name} onClick={() => choose(chosen === name ? '' : name)}>
          <EventName name={name} /> <b class="num">{count(n)}</b>
        </button>
      ))}
    </div>
  );
}
