// The clients page: table, search, creation, activation.
import { call, get, post } from './api.js';
import { badge, el, onSubmit, toast } from './dom.js';

let query = '';

export async function loadClients() {
  const { clients } = await get(query.length >= 3 ? '/clients/api/search?q=' + encodeURIComponent(query) : '/clients/api/list');
  document.querySelector('#clientsTable tbody').replaceChildren(...clients.map(row));
  document.getElementById('clientsEmpty').hidden = clients.length > 0;
}

function row(c) {
  const mayChange = window.currentUserRole !== 'Trader';
  const next = c.status === 'Activo' ? 'Inactivo' : 'Activo';
  const label = next === 'Activo' ? 'Activar' : 'Desactivar';
  const name = c.full_name ?? c.razon_social ?? '';
  return el('tr', { 'data-client-id': c.id },
    el('td', {}, el('strong', {}, name)), el('td', {}, `${c.document_type} ${c.dni}`), el('td', {}, c.email),
    el('td', {}, c.phone ?? ''), el('td', {}, badge(c.status)),
    el('td', { class: 'actions' }, mayChange ? el('button', {
      type: 'button', class: 'small', 'aria-label': `${label} ${name}`,
      onclick: async () => {
        try {
          toast((await call('PATCH', `/clients/api/change_status/${c.id}`, { status: next })).message || 'Listo', 'success');
          await loadClients();
        } catch (e) {
          toast(e.message, 'error');
        }
      },
    }, label) : null));
}

// startClients wires the search and, where the role has it, the form.
export function startClients(reload) {
  document.getElementById('clientSearch').addEventListener('input', (event) => {
    query = event.target.value.trim();
    reload('clients');
  });
  const form = document.getElementById('clientForm');
  if (!form) return;
  const fields = form.elements;
  const documentChanged = () => {
    const kind = fields.document_type.value;
    fields.dni.maxLength = { DNI: 8, CE: 12, RUC: 11 }[kind];
    fields.dni.minLength = { DNI: 8, CE: 9, RUC: 11 }[kind];
    toggle(form, '[data-person]', kind !== 'RUC');
    toggle(form, '[data-company]', kind === 'RUC');
    fields.persona_contacto.required = false;
  };
  form.addEventListener('change', documentChanged);
  documentChanged();
  onSubmit(form, async () => {
    const body = {};
    for (const name of ['document_type', 'dni', 'email', 'apellido_paterno', 'apellido_materno', 'nombres', 'razon_social', 'persona_contacto', 'phone']) {
      const value = fields[name].value.trim();
      if (value && !fields[name].disabled) body[name] = value;
    }
    body.bank_accounts = [...form.querySelectorAll('[data-account]')].map((account) =>
      Object.fromEntries([...account.querySelectorAll('[name]')].map((f) => [f.name, f.value.trim()])));
    const { message } = await post('/clients/api/create', body);
    toast(message || 'Cliente creado', 'success');
    reload('clients');
  });
}

function toggle(form, selector, on) {
  for (const label of form.querySelectorAll(selector)) {
    label.hidden = !on;
    const input = label.querySelector('input');
    input.disabled = !on;
    input.required = on;
  }
}
