// One person: open sockets, what is owed, and the trail that their sockets left.
import { ask } from '../core/act';
import { useEffect } from 'preact/hooks';
import { dateTime } from '../core/format';
import { useLoad } from '../core/load';
import { me } from '../core/me';
import { now } from '../core/now';
import { to } from '../core/route';
import { t } from '../i18n';
import { Ago } from '../parts/ago';
import { Chip, RoleChip } from '../parts/chip';
import { Icon } from '../parts/icons';
import { Failed, Loading } from '../parts/state';
import type { Person } from '../wire';
import { Slots, Sockets, Trail } from './person_parts';

const AGAIN_MS = 5000;

export function PersonView({ id }: { id: string }) {
  const load = useLoad<Person>(`/console/api/people/${encodeURIComponent(id)}`);
  const version = now.value?.people_version;
  useEffect(() => {
    // The first version is the one that the first read saw.
    if (load.data) load.reload();
  }, [version]);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || load.reload(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [load.reload]);

  if (load.error && !load.data) return <><Back /><h1>{t('person.title')}</h1><Failed error={load.error} retry={load.reload} /></>;
  if (!load.data) return <><Back /><h1>{t('person.title')}</h1><Loading lines={8} /></>;
  const p = load.data.person;
  const signOut = () => ask({
    title: t('action.sign_out_confirm', { user: p.username }), text: t('action.sign_out_text'), yes: t('action.sign_out'), danger: true,
    route: 'sign_out', body: { user_id: p.user_id }, done: load.reload,
  });
  return (
    <>
      <div class="view-head">
        <Back />
        <div class="person-head">
          <span class={`avatar ${p.online ? 'on' : ''}`} aria-hidden="true">{p.username.slice(0, 2).toUpperCase()}</span>
          <div>
            <h1>{p.username}</h1>
            <p class="person-facts">
              <RoleChip role={p.role} />
              <Chip tone={p.online ? 'good' : 'quiet'}>{t(p.online ? 'person.online' : 'person.offline')}</Chip>
              {p.status && p.status !== 'Activo' && <Chip tone="bad">{p.status}</Chip>}
              {!p.online && p.last_seen && <span class="muted">{t('person.last_seen')}: <Ago at={p.last_seen} /></span>}
            </p>
          </div>
          <span class="grow" />
          {me.value?.can_act && <button type="button" class="button danger-outline" data-testid="action-sign_out" onClick={signOut}>{t('action.sign_out')}</button>}
        </div>
      </div>
      <Sockets sockets={load.data.sockets} done={load.reload} />
      <Slots slots={load.data.slots} />
      <Trail lines={load.data.trail} since={load.data.trail_since ? t('person.trail_since', { at: dateTime(load.data.trail_since) }) : ''} />
    </>
  );
}

const Back = () => <a class="back" href={to('now')}><Icon name="back" />{t('nav.now')}</a>;

