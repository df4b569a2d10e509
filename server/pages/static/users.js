// The users page: table, creation, activation.
import { get, post } from './api.js';
import { badge, el, onSubmit, toast } from './dom.js';

export async function loadUsers() {
  const { users } = await get('/users/api/list');
  document.querySelector('#usersTable tbody').replaceChildren(...users.map(row));
}

function row(u) {
  const label = u.status === 'Activo' ? 'Desactivar' : 'Activar';
  return el('tr', { 'data-user-id': u.id },
    el('td', {}, el('strong', {}, u.username)), el('td', {}, u.email), el('td', {}, u.dni), el('td', {}, u.role), el('td', {}, badge(u.status)),
    el('td', { class: 'actions' }, u.id === window.currentUserId ? null : el('button', {
      type: 'button', class: 'small', 'aria-label': `${label} ${u.username}`,
      onclick: async () => {
        try {
          toast((await post(`/users/api/toggle_status/${u.id}`)).message || 'Listo', 'success');
          await loadUsers();
        } catch (e) {
          toast(e.message, 'error');
        }
      },
    }, label)));
}

// startUsers wires the form.
export function startUsers(reload) {
  const form = document.getElementById('userForm');
  onSubmit(form, async () => {
    const body = Object.fromEntries(new FormData(form));
    const { message } = await post('/users/api/create', body);
    toast(message || 'Usuario creado', 'success');
    reload('users');
  });
}
