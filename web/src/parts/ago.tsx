// An age that goes on by itself; the exact time is in its title.
import { clock } from '../core/clock';
import { ago, dateTime, span } from '../core/format';

export function Ago({ at }: { at: string }) {
  return <time dateTime={at} title={dateTime(at)}>{ago(at, clock.value)}</time>;
}

export function Since({ at }: { at: string }) {
  return <time dateTime={at} title={dateTime(at)}>{span(clock.value - Date.parse(at))}</time>;
}
