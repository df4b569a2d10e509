// Entry of every page of the desk: who is signed in, what the page shows, live updates.
import { calmly } from './api.js';
import { startClients, loadClients } from './clients.js';
import { loadDashboard } from './dashboard.js';
import { toast } from './dom.js';
import { connect } from './live.js';
import { startOperationForm } from './operation_form.js';
import { loadHistory, loadOperations } from './operations.js';
import { startUsers, loadUsers } from './users.js';

const { area, userId, userName, userRole } = document.body.dataset;
window.currentUserId = Number(userId);
window.currentUserName = userName;
window.currentUserRole = userRole;

const pages = {
  dashboard: { dashboard: loadDashboard, operations: loadOperations },
  operations: { operations: loadOperations },
  history: { operations: loadHistory },
  operation_create: { operations: loadOperations },
  clients: { clients: loadClients },
  users: { users: loadUsers },
};

const section = area === 'operation_create' ? 'operations' : area;
document.querySelector(`nav [data-for="${section}"]`)?.setAttribute('aria-current', 'page');

const loaders = {};
for (const [part, load] of Object.entries(pages[area] ?? {})) {
  loaders[part] = calmly(async () => {
    try {
      await load();
    } catch (e) {
      toast(e.message, 'error');
    }
  });
  loaders[part]();
}
const reload = (part) => loaders[part]?.();

if (document.getElementById('operationForm')) startOperationForm(reload);
if (area === 'clients') startClients(reload);
if (area === 'users') startUsers(reload);
document.getElementById('statusFilter')?.addEventListener('change', () => reload('operations'));
document.addEventListener('desk:changed', (event) => reload(event.detail));
connect(reload);
