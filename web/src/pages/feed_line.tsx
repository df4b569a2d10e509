// One event of the feed. A row never changes once it is made, so it is not painted again with its list.
import { Component } from 'preact';
import type { FeedRow } from '../core/feed';
import { bytes, dateTime, time } from '../core/format';
import { to } from '../core/route';
import { lang, t } from '../i18n';
import { Chip, EventName } from '../parts/chip';
import { Brief } from '../parts/payload';
import { roomWords } from '../parts/room';

export class FeedLine extends Component<{ row: FeedRow }> {
  private shownIn = lang.value;

  override shouldComponentUpdate(next: { row: FeedRow }) {
    return next.row !== this.props.row || this.shownIn !== lang.value;
  }

  override render({ row: { event } }: { row: FeedRow }) {
    this.shownIn = lang.value;
    const audience = event.rooms.map(roomWords).join(', ');
    return (
      <li class="feed-row" data-testid="feed-row" data-id={event.id ?? ''} data-name={event.name}>
        <time class="num muted" dateTime={event.at} title={dateTime(event.at)}>{time(event.at)}</time>
        <span class="feed-name">
          {event.id ? <a class="event-link stretched" href={to('event', event.id)}><EventName name={event.name} /></a> : <EventName name={event.name} />}
        </span>
        <span class="feed-brief">
          {event.payload === null && event.payload_bytes > 4 ? <span class="muted">{t('feed.large', { size: bytes(event.payload_bytes) })}</span> : <Brief payload={event.payload} />}
        </span>
        <span class="feed-where">
          {event.entity && <span class="mono small-text">{event.entity}</span>}
          <span class="muted small-text" title={event.rooms.join(', ')}>→ {audience}</span>
          {!event.id && <Chip title={t('feed.not_kept_help')}>{t('feed.not_kept')}</Chip>}
        </span>
      </li>
    );
  }
}
