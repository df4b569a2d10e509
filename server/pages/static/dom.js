// Building the page without ever parsing text as HTML.

// el makes an element; text goes in as text, attributes as attributes.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((c) => c != null).map((c) => (c instanceof Node ? c : String(c))));
  return node;
}

const money = new Intl.NumberFormat('es-PE', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
export const amount = (n) => money.format(Number(n) || 0);
export const rate = (n) => (Number(n) || 0).toFixed(4).replace(/0{1,2}$/, '');

// clock shows the desk's wall clock as written: the server's times have no zone.
export function clock(iso, withDay) {
  if (!iso) return '';
  const [day, time = ''] = iso.split('T');
  return (withDay ? day.split('-').reverse().join('/') + ' ' : '') + time.slice(0, 5);
}

const badges = { Pendiente: 'wait', 'En proceso': 'busy', Completada: 'good', Cancelado: 'bad', Activo: 'good', Inactivo: 'bad' };
export const badge = (status) => el('span', { class: 'status-badge ' + (badges[status] || '') }, status);

// toast shows a message for eight seconds; at most five stand at a time.
export function toast(message, type = 'info') {
  const region = document.getElementById('toasts');
  const known = ['info', 'success', 'warning', 'error'].includes(type) ? type : 'info';
  const node = el('div', { class: 'toast ' + known, role: 'status' }, message,
    el('button', { type: 'button', class: 'close', 'aria-label': 'Cerrar', onclick: () => node.remove() }, '×'));
  region.append(node);
  while (region.children.length > 5) region.firstElementChild.remove();
  setTimeout(() => node.remove(), 8000);
}

// ask opens a dialog with fields {name, label, value, type, required, rows} and gives
// their values by name, or null when it was dismissed.
export function ask(title, fields, action = 'Aceptar') {
  return new Promise((resolve) => {
    const inputs = fields.map((f) => {
      const { name, label, rows, value, ...rest } = f;
      const input = el(rows ? 'textarea' : 'input', { name, rows, ...rest });
      input.value = value ?? '';
      return el('label', { class: 'full' }, label, input);
    });
    const form = el('form', { method: 'dialog', class: 'grid' },
      el('h2', { class: 'full' }, title), ...inputs,
      el('div', { class: 'full row' }, el('button', { class: 'primary', value: 'ok' }, action),
        el('button', { type: 'button', onclick: () => dialog.close('') }, 'Volver')));
    const dialog = el('dialog', {}, form);
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'ok' ? Object.fromEntries(new FormData(form)) : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// onSubmit sends a form through send(form) and shows what went wrong in it.
export function onSubmit(form, send) {
  const error = form.querySelector('.error');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button.primary');
    button.disabled = true;
    error.hidden = true;
    try {
      await send(form);
      form.reset();
      form.dispatchEvent(new Event('change'));
      form.closest('details')?.removeAttribute('open');
    } catch (e) {
      error.textContent = e.message;
      error.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
