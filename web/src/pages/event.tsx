// One event and its delivery: who it was for, who has it, and why somebody has not.
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../core/act';
import { bytes, count, dateTime, time } from '../core/format';
import { useLoad } from '../core/load';
import { me } from '../core/me';
import { query, RestError } from '../core/rest';
import { to } from '../core/route';
import { plural, t, word } from '../i18n';
import { Ago } from '../parts/ago';
import { Chip, EventName, StateChip } from '../parts/chip';
import { Icon } from '../parts/icons';
import { Panel } from '../parts/panel';
import { Payload } from '../parts/payload';
import { Rooms } from '../parts/room';
import { Empty, Failed, Loading } from '../parts/state';
import { UserPicker } from '../parts/user_picker';
import type { EventStory, UserRef } from '../wire';
import { StoryCard } from './story';

// The states in the order in which they matter.
const ORDER = ['expired', 'unknown', 'waiting', 'away', 'absent', 'confirmed', 'not_addressed'];
// While deliveries are under way the stories are read again.
const AGAIN_MS = 2000;

export function EventView({ id }: { id: string }) {
  const whole = useLoad<EventStory>(`/console/api/events/${encodeURIComponent(id)}`);
  const [user, setUser] = useState<UserRef | null>(null);
  const one = useLoad<EventStory>(user ? query(`/console/api/events/${encodeURIComponent(id)}`, { user_id: user.user_id }) : null);
  const story = whole.data;
  const underWay = (story?.summary.waiting ?? 0) > 0;
  useEffect(() => {
    if (!underWay) return;
    const timer = setInterval(whole.reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [underWay, whole.reload]);

  if (whole.error && !story) {
    const gone = whole.error instanceof RestError && (whole.error.status === 404 || whole.error.status === 410);
    return (
      <>
        <Head name={t('event.title')} />
        {gone ? <Empty title={t('event.gone')}><a class="button" href={to('feed')}>{t('common.back')}</a></Empty> : <Failed error={whole.error} retry={whole.reload} />}
      </>
    );
  }
  if (!story) return <><Head name={t('event.title')} /><Loading lines={8} /></>;
  const asked = one.data?.people.find((p) => p.user_id === user?.user_id);
  return (
    <>
      <Head name={story.event.name} />
      <div class="split event-split">
        <div class="stack">
          <Panel title={t('event.delivery')} aside={<Addressed n={story.summary.addressed ?? 0} />}>
            <p class="summary" data-testid="event-summary">
              {ORDER.filter((state) => (story.summary[state] ?? 0) > 0).map((state) => <StateChip key={state} state={state} n={count(story.summary[state])} />)}
              {(story.summary.addressed ?? 0) === 0 && <Chip>{t('event.nobody')}</Chip>}
            </p>
            <div class="why">
              <UserPicker label={t('event.why')} value={user} choose={setUser} testid="event-why" />
              <p class="hint">{t('event.why_hint')}</p>
              <div aria-live="polite">
                {user && (one.error ? <Failed error={one.error} retry={one.reload} /> : asked ? <StoryCard story={asked} eventId={id} open /> : <Loading lines={2} />)}
              </div>
            </div>
          </Panel>
          <Panel title={t('event.stories')} flush>
            {story.people.length === 0 ? <Empty title={t('event.nobody')}>{t('event.nobody_text')}</Empty> : (
              <ul class="stories">{story.people.map((p) => <li key={p.user_id}><StoryCard story={p} eventId={id} /></li>)}</ul>
            )}
            {story.more && <p class="muted inset">{t('common.more')}</p>}
          </Panel>
        </div>
        <Facts story={story} resent={whole.reload} />
      </div>
    </>
  );
}

function Head({ name }: { name: string }) {
  return (
    <div class="view-head">
      <a class="back" href={to('feed')}><Icon name="back" />{t('feed.title')}</a>
      <h1 class="wide-title">{name}</h1>
    </div>
  );
}

const Addressed = ({ n }: { n: number }) => <span class="muted num">{plural('event.addressed', n, count(n))}</span>;

function Facts({ story, resent }: { story: EventStory; resent: () => void }) {
  const e = story.event;
  const resend = () => ask({
    title: t('action.resend_confirm', { name: e.name }), text: `${t('action.resend_all')}. ${e.id}`, yes: t('action.resend'), danger: false,
    route: 'resend', body: { event_id: e.id }, done: resent,
  });
  return (
    <Panel title={t('event.title')} aside={me.value?.can_act && e.id && <button type="button" class="button small" data-testid="action-resend" onClick={resend}>{t('action.resend')}</button>}>
      <dl class="facts plain">
        <div><dt>{t('common.name')}</dt><dd><EventName name={e.name} /></dd></div>
        <div><dt>{t('event.at')}</dt><dd class="num"><time dateTime={e.at} title={dateTime(e.at)}>{time(e.at)}</time> · <Ago at={e.at} /></dd></div>
        {e.entity && <div><dt>{t('event.entity')}</dt><dd class="mono">{e.entity}</dd></div>}
        <div><dt>{t('event.audience')}</dt><dd><Rooms rooms={e.rooms} /></dd></div>
        {e.except && e.except.length > 0 && <div><dt>{t('event.except')}</dt><dd><Rooms rooms={e.except} /></dd></div>}
        <div><dt>{t('event.class')}</dt><dd>{word('class', e.class)}</dd></div>
        {e.expires_at && <div><dt>{t('event.expires')}</dt><dd class="num">{dateTime(e.expires_at)}</dd></div>}
        <div><dt>Id</dt><dd class="mono wrap">{e.id}</dd></div>
        {e.trace && <div><dt>{t('event.trace')}</dt><dd class="mono wrap">{e.trace}</dd></div>}
      </dl>
      <h3>{t('event.payload')}</h3>
      {e.payload === null && e.payload_bytes > 4 ? <p class="muted">{t('event.payload_none', { size: bytes(e.payload_bytes) })}</p> : <Payload payload={e.payload} />}
    </Panel>
  );
}
