// A room of the audience, in words; its wire name is in the title.
import type { Key } from '../i18n';
import { t } from '../i18n';
import { Chip } from './chip';

const KINDS: [RegExp, Key, string][] = [
  [/^role_(.+)$/, 'room.role', 'role'],
  [/^user_(\d+)$/, 'room.user', 'id'],
  [/^client_(.+)$/, 'room.client', 'id'],
  [/^session_/, 'room.session', ''],
  [/^remembered_/, 'room.remembered', ''],
];

export function roomWords(room: string): string {
  switch (room) {
    case 'authenticated': return t('room.authenticated');
    case 'public': return t('room.public');
    case 'emergencies': return t('room.emergencies');
    case 'console': return t('room.console');
  }
  for (const [form, key, name] of KINDS) {
    const found = form.exec(room);
    if (found) return t(key, name ? { [name]: found[1] ?? '' } : {});
  }
  return room;
}

export function Rooms({ rooms }: { rooms: readonly string[] }) {
  return <span class="rooms">{rooms.map((room) => <Chip key={room} title={room}>{roomWords(room)}</Chip>)}</span>;
}
