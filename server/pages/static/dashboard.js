// The numbers of the dashboard.
import { get } from './api.js';
import { amount, el } from './dom.js';

const tiles = {
  today: [['operations_count', 'Completadas'], ['pending_count', 'Pendientes'], ['in_process_count', 'En proceso'],
    ['canceled_count', 'Canceladas'], ['unique_clients', 'Clientes'], ['total_usd', 'Total USD', true], ['total_pen', 'Total PEN', true], ['profit_today', 'Utilidad PEN', true]],
  month: [['operations_count', 'Completadas'], ['unique_clients', 'Clientes'], ['active_clients', 'Clientes activos'],
    ['total_usd', 'Total USD', true], ['total_pen', 'Total PEN', true], ['profit_month', 'Utilidad PEN', true], ['goal_amount', 'Meta PEN', true]],
  system: [['total_users', 'Usuarios'], ['active_users', 'Usuarios activos']],
};

export async function loadDashboard() {
  const all = await get('/dashboard/api/dashboard/all');
  for (const [part, rows] of Object.entries(tiles)) {
    const values = all[part] ?? {};
    document.querySelector(`[data-part="${part}"]`)?.replaceChildren(...rows.filter(([key]) => key in values).map(([key, label, isMoney]) =>
      el('div', { class: 'tile', 'data-key': key }, el('span', { class: 'muted' }, label),
        el('strong', {}, isMoney ? amount(values[key]) : values[key]))));
  }
  const { goal_amount: goal, profit_month: profit } = all.month;
  const box = document.querySelector('.goal');
  box.hidden = !(goal > 0);
  if (goal > 0) {
    const percent = Math.max(0, Math.round((100 * profit) / goal));
    box.querySelector('progress').value = Math.min(100, percent);
    box.querySelector('span').textContent = percent + ' %';
  }
  document.getElementById('updated').textContent = 'Actualizado ' + new Date().toLocaleTimeString('es-PE');
}
