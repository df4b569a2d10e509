// The form that creates an operation.
import { get, post } from './api.js';
import { amount, el, onSubmit, toast } from './dom.js';

let clients = [];

// startOperationForm fills the active clients in and keeps accounts and total in step.
export function startOperationForm(reload) {
  const form = document.getElementById('operationForm');
  const fields = form.elements;
  load(fields.client_id).catch((e) => toast(e.message, 'error'));
  form.addEventListener('change', () => accounts(fields));
  form.addEventListener('input', () => total(fields));
  onSubmit(form, async () => {
    const { message } = await post('/operations/api/create', {
      client_id: Number(fields.client_id.value), operation_type: fields.operation_type.value,
      amount_usd: Number(fields.amount_usd.value), exchange_rate: Number(fields.exchange_rate.value),
      source_account: fields.source_account.value, destination_account: fields.destination_account.value,
      notes: fields.notes.value.trim(),
    });
    toast(message || 'Operación creada', 'success');
    reload('operations');
  });
}

async function load(select) {
  clients = (await get('/clients/api/active')).clients;
  select.append(...clients.map((c) => el('option', { value: c.id }, `${c.full_name ?? c.razon_social ?? ''} · ${c.dni}`)));
}

// accounts offers the client's accounts in the currency that each side needs: buying
// charges dollars and pays soles, selling the other way round.
function accounts(fields) {
  const client = clients.find((c) => String(c.id) === fields.client_id.value);
  const [from, to] = fields.operation_type.value === 'Compra' ? ['$', 'S/'] : ['S/', '$'];
  for (const [select, currency] of [[fields.source_account, from], [fields.destination_account, to]]) {
    const keep = select.value;
    select.replaceChildren(...(client?.bank_accounts ?? []).filter((a) => a.currency === currency)
      .map((a) => el('option', { value: a.account_number }, `${a.bank_name} ${a.currency} ${a.account_number}`)));
    if ([...select.options].some((o) => o.value === keep)) select.value = keep;
  }
  total(fields);
}

function total(fields) {
  document.getElementById('operationTotal').textContent = amount(fields.amount_usd.value * fields.exchange_rate.value);
}
