// Who waits for an ambulance, and for how long; nothing personal is in it.
import { useEffect } from 'preact/hooks';
import { clock } from '../core/clock';
import { count, span } from '../core/format';
import { useLoad } from '../core/load';
import { on } from '../core/socket';
import { t } from '../i18n';
import { Chip } from '../parts/chip';
import { Panel } from '../parts/panel';
import { Failed } from '../parts/state';
import type { Emergencies } from '../wire';

const AGAIN_MS = 10000;
const LATE_MS = 3 * 60 * 1000;
const MOST = 24;

export function Waiting() {
  const load = useLoad<Emergencies>('/console/api/emergencies');
  useEffect(() => {
    const timer = setInterval(() => document.hidden || load.reload(), AGAIN_MS);
    const offs = ['nueva_solicitud', 'sala_atendida', 'emergencia_actualizada', 'connect'].map((name) => on(name, load.reload));
    return () => {
      clearInterval(timer);
      offs.forEach((off) => off());
    };
  }, [load.reload]);
  const list = load.data?.waiting ?? [];
  const ages = list.map((one) => ({ id: one.id, age: clock.value - Date.parse(one.requested_at) }));
  const oldest = Math.max(0, ...ages.map((one) => one.age));
  return (
    <Panel title={t('emergencies.title')} class={`waiting-panel ${list.length ? 'urgent' : ''}`} aside={<span class="muted num">{list.length > 0 ? t('emergencies.oldest', { span: span(oldest) }) : '\u00a0'}</span>}>
      {load.error && !load.data ? <Failed error={load.error} retry={load.reload} /> : (
        <div class="waiting">
          <span class="waiting-count" data-testid="emergencies-waiting" data-value={load.data ? list.length : undefined}>{load.data ? count(list.length) : '–'}</span>
          {load.data && list.length === 0 ? <span class="muted">{t('emergencies.none')}</span> : (
            <ul class="waiting-list" tabIndex={0} aria-label={t('emergencies.title')}>
              {ages.slice(0, MOST).map((one) => (
                <li key={one.id}>
                  <Chip tone={one.age > LATE_MS ? 'bad' : 'wait'}>{t('emergencies.request', { id: one.id })} · <span class="num">{t('emergencies.waits', { span: span(one.age) })}</span></Chip>
                </li>
              ))}
              {ages.length > MOST && <li class="muted num">+{count(ages.length - MOST)}</li>}
            </ul>
          )}
        </div>
      )}
    </Panel>
  );
}
