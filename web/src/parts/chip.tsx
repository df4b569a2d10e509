// Chips: one word with a tone. The tone never says more than the word.
import type { ComponentChildren } from 'preact';
import type { Tone } from '../core/toast';
import { t, word } from '../i18n';
import type { HealthState } from '../wire';

export function Chip({ tone = 'quiet', children, title }: { tone?: Tone; children: ComponentChildren; title?: string }) {
  return <span class={`chip ${tone}`} title={title}>{children}</span>;
}

const ROLE_TONES: Record<string, Tone> = { Master: 'again', Trader: 'busy', Operador: 'good' };

export function RoleChip({ role }: { role: string }) {
  return <Chip tone={ROLE_TONES[role] ?? 'quiet'}>{role || t('common.anonymous')}</Chip>;
}

export const STATE_TONES: Record<string, Tone> = {
  confirmed: 'good', waiting: 'busy', away: 'wait', expired: 'bad', absent: 'quiet', not_addressed: 'quiet', unknown: 'quiet', addressed: 'again',
};

export function StateChip({ state, n }: { state: string; n?: string }) {
  return (
    <Chip tone={STATE_TONES[state] ?? 'quiet'}>
      {n !== undefined && <><b class="num">{n}</b>{' '}</>}
      {word('state', state)}
    </Chip>
  );
}

const HEALTH_TONES: Record<HealthState, Tone> = { ok: 'good', warn: 'wait', bad: 'bad', off: 'quiet' };

export function HealthChip({ state }: { state: HealthState }) {
  return <Chip tone={HEALTH_TONES[state]}>{word('health.state', state)}</Chip>;
}

// EventName has a colour by family, so that the eye finds its way in the feed.
export function EventName({ name }: { name: string }) {
  return <span class={`event-name ${family(name)}`}>{name}</span>;
}

function family(name: string): string {
  if (/operacion|operation/.test(name)) return 'f-operation';
  if (/client/.test(name)) return 'f-client';
  if (/usuario|user_|session/.test(name)) return 'f-user';
  if (/solicitud|sala|emergencia|ambulancia/.test(name)) return 'f-emergency';
  if (name === 'notification') return 'f-notice';
  return 'f-other';
}
