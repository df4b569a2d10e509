// The table of operations and what can be done with each row.
import { call, get, post } from './api.js';
import { amount, ask, badge, clock, el, rate, toast } from './dom.js';

export const loadOperations = async () => fill((await get('/operations/api/list')).operations, false);

export async function loadHistory() {
  const status = document.getElementById('statusFilter').value;
  fill((await get('/operations/api/list?all=true' + (status && '&status=' + encodeURIComponent(status)))).operations, true);
}

function fill(operations, withDay) {
  const body = document.querySelector('#operationsTable tbody');
  body.replaceChildren(...operations.map((op) => row(op, withDay)));
  document.getElementById('operationsEmpty').hidden = operations.length > 0;
}

function row(op, withDay) {
  return el('tr', { 'data-operation-id': op.operation_id },
    el('td', {}, el('strong', {}, op.operation_id)), el('td', {}, clock(op.created_at, withDay)),
    el('td', {}, op.client_name ?? 'N/A'), el('td', {}, op.operation_type),
    el('td', { class: 'num' }, amount(op.amount_usd)), el('td', { class: 'num' }, rate(op.exchange_rate)), el('td', { class: 'num' }, amount(op.amount_pen)),
    el('td', {}, badge(op.status)), el('td', {}, op.assigned_operator_name ?? ''),
    el('td', { class: 'actions' }, ...actions(op)));
}

// actions gives the buttons that the role may press in this status; the server has
// the last word.
function actions(op) {
  const role = window.currentUserRole;
  const creates = role === 'Master' || role === 'Trader';
  const finishes = role === 'Master' || (role === 'Operador' && op.assigned_operator_id === window.currentUserId);
  const button = (text, act, kind = '') => el('button', {
    type: 'button', class: 'small ' + kind, 'aria-label': `${text} ${op.operation_id}`,
    onclick: async (event) => {
      const pressed = event.currentTarget;
      pressed.disabled = true;
      try {
        const done = await act(op);
        if (done) toast(done.message || 'Listo', 'success');
      } catch (e) {
        toast(e.message, 'error');
      } finally {
        pressed.disabled = false;
      }
      document.dispatchEvent(new CustomEvent('desk:changed', { detail: 'operations' }));
    },
  }, text);
  if (op.status === 'Pendiente' && creates) return [button('Enviar', send, 'primary'), button('Cancelar', cancel)];
  if (op.status === 'En proceso' && finishes) return [button('Completar', complete, 'primary'), button('Devolver', giveBack)];
  return [];
}

// send stores one deposit and one payment over the whole amount, as most operations
// have, and then sends the operation to process.
async function send(op) {
  const buys = op.operation_type === 'Compra';
  const given = await ask(`Enviar ${op.operation_id} a proceso`, [
    { name: 'importe', label: `Abono del cliente (${buys ? 'USD' : 'PEN'})`, value: buys ? op.amount_usd : op.amount_pen, type: 'number', step: '0.01', min: '0.01', required: true },
    { name: 'codigo_operacion', label: 'Código de operación del banco', required: true, maxlength: 50 },
    { name: 'cuenta_cargo', label: 'Cuenta de cargo', value: op.source_account, required: true },
    { name: 'pago', label: `Pago al cliente (${buys ? 'PEN' : 'USD'})`, value: buys ? op.amount_pen : op.amount_usd, type: 'number', step: '0.01', min: '0.01', required: true },
    { name: 'cuenta_destino', label: 'Cuenta de destino', value: op.destination_account, required: true },
  ], 'Enviar');
  if (!given) return null;
  await call('PATCH', `/operations/api/update/${op.id}`, {
    client_deposits: [{ importe: Number(given.importe), codigo_operacion: given.codigo_operacion, cuenta_cargo: given.cuenta_cargo }],
    client_payments: [{ importe: Number(given.pago), cuenta_destino: given.cuenta_destino }],
  });
  return post(`/operations/api/send_to_process/${op.id}`);
}

async function complete(op) {
  const given = await ask(`Completar ${op.operation_id}`, [{ name: 'comments', label: 'Comentarios (opcional)', rows: 3, maxlength: 2000 }], 'Completar');
  return given && post(`/operations/api/complete/${op.id}`, given.comments ? { operator_comments: given.comments } : {});
}

async function cancel(op) {
  const given = await ask(`Cancelar ${op.operation_id}`, [{ name: 'reason', label: 'Motivo', rows: 3, maxlength: 2000, required: true }], 'Cancelar operación');
  return given && post(`/operations/api/cancel/${op.id}`, { reason: given.reason });
}

async function giveBack(op) {
  const given = await ask(`Devolver ${op.operation_id} a pendiente`, [{ name: 'reason', label: 'Motivo (opcional)', rows: 3, maxlength: 2000 }], 'Devolver');
  return given && post(`/operations/api/return_to_pending/${op.id}`, { reason: given.reason });
}
