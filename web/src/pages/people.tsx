// Who is connected; read again when somebody comes or goes, and now and then for the last confirmations.
import { useEffect, useRef, useState } from 'preact/hooks';
import { bytes, count } from '../core/format';
import { useLoad, useSettled } from '../core/load';
import { me } from '../core/me';
import { query } from '../core/rest';
import { to } from '../core/route';
import { plural, t, word } from '../i18n';
import { Ago, Since } from '../parts/ago';
import { Chip, EventName, RoleChip } from '../parts/chip';
import { Panel, Scroll } from '../parts/panel';
import { Empty, Failed, Loading } from '../parts/state';
import type { People as Answer, PersonRow } from '../wire';

// At most one read in this time, however many come and go.
const CALM_MS = 1000;
const REFRESH_MS = 10000;

export function People({ version }: { version: number }) {
  const [role, setRole] = useState('');
  const [text, setText] = useState('');
  const q = useSettled(text.trim(), 250);
  const people = useLoad<Answer>(query('/console/api/people', { role, q }));
  useCalm(version, people.reload);

  const shown = people.data?.people ?? [];
  const filtered = role !== '' || q !== '';
  return (
    <Panel title={t('people.title')} flush aside={
      <>
        <label class="unseen" for="people-role">{t('common.role')}</label>
        <select id="people-role" class="small" value={role} data-testid="people-role" onChange={(e) => setRole(e.currentTarget.value)}>
          <option value="">{t('common.all')}</option>
          {me.value?.all_roles.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
        <label class="unseen" for="people-search">{t('people.search')}</label>
        <input id="people-search" type="search" class="small" data-testid="people-search" placeholder={t('people.search')} value={text}
          onInput={(e) => setText(e.currentTarget.value)} />
      </>
    }>
      <div class="people-place">
        {people.error && !people.data ? <Failed error={people.error} retry={people.reload} />
          : !people.data ? <div class="inset"><Loading lines={5} /></div>
          : shown.length === 0 ? <Empty title={t(filtered ? 'people.empty_filter' : 'people.empty')}>{filtered ? null : t('people.empty_text')}</Empty>
          : <Table rows={shown} />}
        {people.data && !filtered && people.data.anonymous > 0 && <p class="muted inset small-text">{plural('people.anonymous', people.data.anonymous, count(people.data.anonymous))}</p>}
        {people.data?.more && <p class="muted inset">{t('common.more')}</p>}
      </div>
    </Panel>
  );
}

function useCalm(version: number, reload: () => void): void {
  const last = useRef(Date.now());
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    timer.current ??= setTimeout(() => {
      timer.current = null;
      last.current = Date.now();
      reload();
    }, Math.max(0, CALM_MS - (Date.now() - last.current)));
  }, [version, reload]);
  useEffect(() => {
    const every = setInterval(() => document.hidden || reload(), REFRESH_MS);
    return () => {
      clearInterval(every);
      if (timer.current) clearTimeout(timer.current);
      timer.current = null;
    };
  }, [reload]);
}

function Table({ rows }: { rows: PersonRow[] }) {
  return (
    <Scroll label={t('people.caption')}>
      <table class="cards">
        <caption class="unseen">{t('people.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('common.user')}</th>
            <th scope="col">{t('common.role')}</th>
            <th scope="col" class="right">{t('people.tabs')}</th>
            <th scope="col">{t('people.transport')}</th>
            <th scope="col">{t('common.since')}</th>
            <th scope="col">{t('people.confirmed')}</th>
            <th scope="col">{t('common.state')}</th>
            <th scope="col" class="right">{t('people.queue')}</th>
          </tr>
        </thead>
        <tbody>{rows.map((row) => <Line key={row.user_id} row={row} />)}</tbody>
      </table>
    </Scroll>
  );
}

function Line({ row }: { row: PersonRow }) {
  const last = row.last_confirmed;
  return (
    <tr data-testid="person-row" data-user={row.username}>
      <th scope="row"><a class="strong" href={to('person', row.user_id)} title={row.addresses?.join(', ')}>{row.username}</a></th>
      <td><RoleChip role={row.role} /></td>
      <td class="num right" data-label={t('people.tabs')}>{count(row.tabs)}</td>
      <td data-label={t('people.transport')}>{Object.entries(row.transports).map(([name, n]) => `${word('transport', name)}${n > 1 ? ` ×${n}` : ''}`).join(', ')}</td>
      <td class="num" data-label={t('common.since')}><Since at={row.since} /></td>
      <td class="whole" data-label={t('people.confirmed')}>
        {last ? <><a class="event-link" href={to('event', last.id)}><EventName name={last.name} /></a> <span class="muted num"><Ago at={last.at} /></span></> : <span class="muted">{t('people.nothing')}</span>}
      </td>
      <td><Chip tone={row.settled ? 'good' : 'busy'}>{t(row.settled ? 'people.settled' : 'people.behind')}</Chip></td>
      <td class="num right" data-label={t('people.queue')}>{bytes(row.queue_bytes)}</td>
    </tr>
  );
}
