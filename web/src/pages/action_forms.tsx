// The forms of the actions. A form only gathers what the server needs; it is asked before anything happens.
import { useState } from 'preact/hooks';
import { ask } from '../core/act';
import { shorten } from '../core/format';
import { me } from '../core/me';
import { type Key, t } from '../i18n';
import { UserPicker } from '../parts/user_picker';
import type { UserRef } from '../wire';

interface Props { done: () => void }

// Submit stays pressable: who presses it too early is told what is missing, which a disabled button does not.
function Submit({ id, text, danger, missing }: { id: string; text: string; danger?: boolean; missing: string | null }) {
  return (
    <div class="action-foot">
      <p class="failure" role="alert">{missing && t('actions.missing', { field: missing })}</p>
      <button type="submit" class={`button ${danger ? 'danger' : 'primary'}`} data-testid={`action-${id}`}>{text}</button>
    </div>
  );
}

// useMissing shows what is missing from the first try on.
function useMissing(first: string | null): [string | null, (go: () => void) => (e: Event) => void] {
  const [tried, setTried] = useState(false);
  return [tried ? first : null, (go) => (e) => {
    e.preventDefault();
    setTried(first !== null);
    if (first === null) go();
  }];
}

export function SignOutForm({ done }: Props) {
  const [user, setUser] = useState<UserRef | null>(null);
  const [missing, submit] = useMissing(user ? null : t('common.user'));
  const go = () => ask({
    title: t('action.sign_out_confirm', { user: user?.username ?? '' }), text: t('action.sign_out_text'), yes: t('action.sign_out'), danger: true,
    route: 'sign_out', body: { user_id: user?.user_id }, done,
  });
  return (
    <form class="action-form" noValidate onSubmit={submit(go)}>
      <UserPicker label={t('common.user')} value={user} choose={setUser} testid="field-sign_out-user" />
      <Submit id="sign_out" text={t('action.sign_out')} danger missing={missing} />
    </form>
  );
}

export function DisconnectForm({ done }: Props) {
  const [sid, setSid] = useState('');
  const [stay, setStay] = useState(false);
  const [missing, submit] = useMissing(sid.trim() ? null : 'sid');
  const go = () => ask({
    title: t('action.disconnect_confirm', { sid: shorten(sid.trim()) }), text: t(stay ? 'action.disconnect_away' : 'action.disconnect_back'),
    yes: t('action.disconnect'), danger: stay, route: 'disconnect', body: { sid: sid.trim(), stay_away: stay }, done,
  });
  return (
    <form class="action-form" noValidate onSubmit={submit(go)}>
      <div class="field">
        <label for="disconnect-sid">{t('person.sid')} (sid)</label>
        <input id="disconnect-sid" type="text" class="mono" autocomplete="off" spellcheck={false} value={sid} data-testid="field-disconnect-sid" onInput={(e) => setSid(e.currentTarget.value)} />
      </div>
      <label class="check-field">
        <input type="checkbox" checked={stay} data-testid="field-disconnect-stay" onChange={(e) => setStay(e.currentTarget.checked)} />{t('action.disconnect_stay')}
      </label>
      <Submit id="disconnect" text={t('action.disconnect')} missing={missing} />
    </form>
  );
}

const KINDS = ['info', 'success', 'warning', 'error'] as const;

export function NotifyForm({ done }: Props) {
  const [to, setTo] = useState<'everyone' | 'role' | 'user'>('role');
  const [role, setRole] = useState(me.value?.all_roles[0] ?? '');
  const [user, setUser] = useState<UserRef | null>(null);
  const [title, setTitle] = useState('');
  const [message, setMessage] = useState('');
  const [type, setType] = useState<(typeof KINDS)[number]>('info');
  const first = to === 'user' && !user ? t('common.user') : !title.trim() ? t('action.notify_title') : !message.trim() ? t('action.notify_message') : null;
  const [missing, submit] = useMissing(first);
  const whom = to === 'everyone' ? t('room.authenticated') : to === 'role' ? t('room.role', { role }) : user?.username ?? '';
  const go = () => ask({
    title: t('action.notify_confirm', { to: whom }), text: `${title.trim()} — ${message.trim()}`, yes: t('action.notify'), danger: false, route: 'notify',
    body: { ...(to === 'everyone' ? { everyone: true } : to === 'role' ? { role } : { user_id: user?.user_id }), title: title.trim(), message: message.trim(), type },
    done: () => {
      setTitle('');
      setMessage('');
      done();
    },
  });
  return (
    <form class="action-form" noValidate onSubmit={submit(go)}>
      <div class="field-row">
        <div class="field">
          <label for="notify-to">{t('action.notify_to')}</label>
          <select id="notify-to" value={to} data-testid="field-notify-to" onChange={(e) => setTo(e.currentTarget.value as typeof to)}>
            <option value="everyone">{t('room.authenticated')}</option>
            <option value="role">{t('action.notify_role')}</option>
            <option value="user">{t('action.notify_user')}</option>
          </select>
        </div>
        {to === 'role' && (
          <div class="field">
            <label for="notify-role">{t('common.role')}</label>
            <select id="notify-role" value={role} data-testid="field-notify-role" onChange={(e) => setRole(e.currentTarget.value)}>
              {me.value?.all_roles.map((one) => <option key={one} value={one}>{one}</option>)}
            </select>
          </div>
        )}
        {to === 'user' && <UserPicker label={t('common.user')} value={user} choose={setUser} testid="field-notify-user" />}
      </div>
      <div class="field-row">
        <div class="field grow">
          <label for="notify-title">{t('action.notify_title')}</label>
          <input id="notify-title" type="text" maxLength={100} value={title} data-testid="field-notify-title" onInput={(e) => setTitle(e.currentTarget.value)} />
        </div>
        <div class="field">
          <label for="notify-type">{t('action.notify_type')}</label>
          <select id="notify-type" value={type} data-testid="field-notify-type" onChange={(e) => setType(e.currentTarget.value as typeof type)}>
            {KINDS.map((kind) => <option key={kind} value={kind}>{t(`notify.${kind}` as Key)}</option>)}
          </select>
        </div>
      </div>
      <div class="field">
        <label for="notify-message">{t('action.notify_message')}</label>
        <textarea id="notify-message" rows={3} maxLength={500} value={message} data-testid="field-notify-message" onInput={(e) => setMessage(e.currentTarget.value)} />
      </div>
      <Submit id="notify" text={t('action.notify')} missing={missing} />
    </form>
  );
}

export function ResendForm({ done }: Props) {
  const [id, setId] = useState('');
  const [user, setUser] = useState<UserRef | null>(null);
  const [missing, submit] = useMissing(id.trim() ? null : t('action.resend_event'));
  const go = () => ask({
    title: t('action.resend_confirm', { name: shorten(id.trim()) }), text: user ? t('action.resend_to', { user: user.username }) : t('action.resend_all'),
    yes: t('action.resend'), danger: false, route: 'resend', body: { event_id: id.trim(), ...(user ? { user_id: user.user_id } : {}) }, done,
  });
  return (
    <form class="action-form" noValidate onSubmit={submit(go)}>
      <div class="field">
        <label for="resend-event">{t('action.resend_event')}</label>
        <input id="resend-event" type="text" class="mono" autocomplete="off" spellcheck={false} value={id} data-testid="field-resend-event" onInput={(e) => setId(e.currentTarget.value)} />
      </div>
      <UserPicker label={t('action.resend_user')} value={user} choose={setUser} testid="field-resend-user" />
      <Submit id="resend" text={t('action.resend')} missing={missing} />
    </form>
  );
}

export function DrainForm({ node, done }: Props & { node: string }) {
  const go = (e: Event) => {
    e.preventDefault();
    ask({ title: t('action.drain_confirm', { node }), text: t('action.drain_text'), yes: t('action.drain'), danger: true, route: 'drain', body: {}, done });
  };
  return (
    <form class="action-form" onSubmit={go}>
      <p class="mono drain-node">{node}</p>
      <Submit id="drain" text={t('action.drain')} danger missing={null} />
    </form>
  );
}
