// A text box that finds users, after the combobox pattern of the ARIA practices.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useLoad, useSettled } from '../core/load';
import { query } from '../core/rest';
import { plural, t } from '../i18n';
import type { UserRef } from '../wire';
import { RoleChip } from './chip';
import { Icon } from './icons';

interface Props {
  label: string;
  hideLabel?: boolean;
  value: UserRef | null;
  choose: (user: UserRef | null) => void;
  testid: string;
  placeholder?: string;
}

export function UserPicker({ label, hideLabel, value, choose, testid, placeholder }: Props) {
  const id = useId();
  const [text, setText] = useState(value?.username ?? '');
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const settled = useSettled(text.trim(), 150);
  const found = useLoad<{ users: UserRef[] }>(open ? query('/console/api/users', { q: settled }) : null);
  const users = found.data?.users ?? [];
  const input = useRef<HTMLInputElement>(null);
  // Enter that is pressed before the answer came chooses the first of it.
  const hurried = useRef(false);

  useEffect(() => setText(value?.username ?? ''), [value?.user_id]);
  useEffect(() => {
    setActive(0);
    if (hurried.current && found.data && settled === text.trim()) {
      hurried.current = false;
      if (users[0]) pick(users[0]);
    }
  }, [found.data]);

  const pick = (user: UserRef) => {
    setText(user.username);
    setOpen(false);
    choose(user);
  };
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (!open) setOpen(true);
      else if (users.length) setActive((active + (e.key === 'ArrowDown' ? 1 : users.length - 1)) % users.length);
    } else if (e.key === 'Enter' && open) {
      e.preventDefault();
      const user = users[active];
      if (found.data && settled === text.trim() && user) pick(user);
      else hurried.current = true;
    } else if (e.key === 'Escape' && open) {
      e.preventDefault();
      e.stopPropagation();
      setOpen(false);
    }
  };
  const clear = () => {
    setText('');
    choose(null);
    input.current?.focus();
  };
  const chosen = active < users.length && open ? `${id}-${active}` : undefined;
  return (
    <div class="field picker">
      <label for={id} class={hideLabel ? 'unseen' : ''}>{label}</label>
      <div class="picker-box">
        <input ref={input} id={id} type="text" role="combobox" autocomplete="off" spellcheck={false} data-testid={testid}
          placeholder={placeholder ?? t('picker.placeholder')} value={text} aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list"
          aria-activedescendant={chosen} onKeyDown={onKeyDown}
          onInput={(e) => {
            setText(e.currentTarget.value);
            setOpen(true);
            if (value) choose(null);
          }}
          onClick={() => setOpen(true)} onBlur={() => setOpen(false)} />
        {(value || text) && (
          <button type="button" class="picker-clear" aria-label={t('picker.clear')} onMouseDown={(e) => e.preventDefault()} onClick={clear}>
            <Icon name="close" />
          </button>
        )}
        {/* The list stands in the page also when closed, so that the box always controls something. */}
        <ul id={`${id}-list`} role="listbox" aria-label={label} class="picker-list" hidden={!open || !found.data || users.length === 0}>
          {users.map((user, i) => (
            <li key={user.user_id} id={`${id}-${i}`} role="option" aria-selected={i === active} data-user={user.username}
              onMouseDown={(e) => {
                e.preventDefault();
                pick(user);
              }}>
              <span class={`dot ${user.online ? 'good' : 'quiet'}`} />
              <span class="grow">{user.username}</span>
              <RoleChip role={user.role} />
              <span class="unseen">{t(user.online ? 'online.yes' : 'online.no')}</span>
            </li>
          ))}
        </ul>
        {open && found.data && users.length === 0 && <p class="picker-list picker-none">{t('picker.none')}</p>}
      </div>
      <span class="unseen" aria-live="polite">{open && found.data ? plural('picker.results', users.length) : ''}</span>
    </div>
  );
}
