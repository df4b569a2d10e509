// What happened to one event for one person: the state, and a sentence that answers why.
import { ask } from '../core/act';
import { shorten } from '../core/format';
import { me } from '../core/me';
import { to } from '../core/route';
import { plural, said, t, word } from '../i18n';
import { Ago } from '../parts/ago';
import { RoleChip, StateChip } from '../parts/chip';
import type { Story } from '../wire';

export function StoryCard({ story, eventId, open }: { story: Story; eventId: string; open?: boolean }) {
  const next = said(story.next);
  const known = facts(story);
  const resend = () => ask({
    title: t('action.resend_confirm', { name: t('event.title') }), text: t('action.resend_to', { user: story.username }), yes: t('action.resend'), danger: false,
    route: 'resend', body: { event_id: eventId, user_id: story.user_id },
  });
  // Who was not addressed may not see the event; the server would refuse.
  const resendable = open && me.value?.can_act && ['away', 'expired', 'absent', 'unknown', 'waiting'].includes(story.state);
  return (
    <article class={`story ${open ? 'asked' : ''}`} data-testid="event-story" data-user={story.username} data-state={story.state}>
      <div class="story-head">
        <a class="strong" href={to('person', story.user_id)}>{story.username}</a>
        <RoleChip role={story.role} />
        <span class="grow" />
        <StateChip state={story.state} />
      </div>
      <p class="story-why">{said(story.why)}</p>
      {next && <p class="story-next"><b>{t('event.next')}:</b> {next}</p>}
      {known.length > 0 && <p class="story-facts muted num">{known.map((fact, i) => <>{i > 0 && ' · '}{fact}</>)}</p>}
      {resendable && <div class="buttons"><button type="button" class="button small" onClick={resend}>{t('action.resend_to', { user: story.username })}</button></div>}
    </article>
  );
}

function facts(story: Story) {
  const list = [];
  if (story.via) list.push(word('event', `via_${story.via}`));
  if (story.at) list.push(<Ago at={story.at} />);
  if (story.transport) list.push(word('transport', story.transport));
  if (story.sockets !== undefined && story.sockets > 1) list.push(plural('event.sockets', story.sockets));
  if (story.sid) list.push(<span class="mono" title={story.sid}>{shorten(story.sid)}</span>);
  if (story.node) list.push(<span class="mono" title={story.node}>{shorten(story.node)}</span>);
  return list;
}
