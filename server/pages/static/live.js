// The live side of a page: one Socket.IO connection that shows toasts and says what
// to reload. Without the browser client the page works on, with a hint.
import { toast } from './dom.js';

const role = () => window.currentUserRole;
const watches = () => role() === 'Master' || role() === 'Operador';

// Per event: what it changes, its toast (null for none) and who sees the toast.
const events = {
  nueva_operacion: { changes: ['operations', 'dashboard'], text: (d) => `Nueva operación ${d.operation_id} · ${d.client_name ?? 'N/A'}` },
  operacion_actualizada: { changes: ['operations', 'dashboard'], text: (d) => `Operación ${d.operation_id}: ${d.status}` },
  operacion_completada: { changes: ['operations', 'dashboard'], text: (d) => `Operación ${d.operation_id} completada`, type: 'success' },
  operacion_cancelada: { changes: ['operations', 'dashboard'], text: (d) => `Operación ${d.operation_id} cancelada`, type: 'warning' },
  operacion_asignada: { changes: ['operations'], text: (d) => d.message, addressed: true },
  operacion_reasignada_removida: { changes: ['operations'], text: (d) => d.message, type: 'warning', addressed: true },
  nuevo_cliente: { changes: ['clients', 'dashboard'], text: (d) => `Nuevo cliente ${d.client_name ?? d.client_dni}` },
  client_created: { changes: ['clients'] },
  client_updated: { changes: ['clients'], text: (d) => `Cliente actualizado: ${d.client_name ?? ''}` },
  client_status_changed: { changes: ['clients'], text: (d) => `${d.client?.full_name ?? 'Cliente'}: ${d.new_status}` },
  client_deleted: { changes: ['clients', 'dashboard'], text: (d) => `Cliente eliminado: ${d.client_name ?? ''}`, type: 'warning' },
  nuevo_usuario: { changes: ['users'], text: (d) => `Nuevo usuario ${d.username} (${d.role})`, addressed: true },
  user_updated: { changes: ['users'], text: (d) => `Usuario actualizado: ${d.username}`, addressed: true },
  user_deleted: { changes: ['users'], text: (d) => `Usuario desactivado: ${d.username}`, type: 'warning', addressed: true },
  notification: { changes: [], text: (d) => d.message, addressed: true },
  dashboard_update: { changes: ['dashboard'] },
};

// connect calls reload(part) for each part that an event changed, and for every part
// after a reconnection, because events that were missed are not known.
export function connect(reload) {
  const data = document.body.dataset;
  if (data.liveClient === undefined) {
    show('off', 'Sin actualizaciones en vivo');
    hint('Las actualizaciones en vivo están apagadas: falta el cliente de Socket.IO (socket.client_dir). Los datos se recargan cada minuto.');
    setInterval(() => ['operations', 'dashboard', 'clients', 'users'].forEach(reload), 60000);
    return;
  }
  const script = document.createElement('script');
  script.src = data.socketPath + 'socket.io.js';
  script.onload = () => listen(reload, data.socketPath);
  script.onerror = () => {
    show('off', 'Sin actualizaciones en vivo');
    hint('No se pudo cargar el cliente de Socket.IO. Recargue la página para intentarlo otra vez.');
  };
  document.head.append(script);
}

function listen(reload, path) {
  const socket = window.io({
    path, transports: ['websocket', 'polling'], upgrade: true, rememberUpgrade: true,
    reconnection: true, reconnectionDelay: 1000, reconnectionAttempts: 5, timeout: 20000,
  });
  let before = false;
  socket.on('connect', () => {
    show('on', 'En vivo');
    if (before) ['operations', 'dashboard', 'clients', 'users'].forEach(reload);
    before = true;
  });
  socket.on('disconnect', (reason) => {
    if (reason === 'io server disconnect') {
      show('off', 'Desconectado');
      hint('El servidor cerró esta conexión. Recargue la página para volver a ingresar.');
    } else {
      show('wait', 'Reconectando…');
    }
  });
  socket.on('connect_error', () => show('wait', 'Reconectando…'));
  socket.io.on('reconnect_failed', () => {
    show('off', 'Desconectado');
    hint('Se perdió la conexión. Recargue la página para volver a recibir actualizaciones.');
  });
  for (const [name, row] of Object.entries(events)) {
    socket.on(name, (payload) => {
      const d = payload ?? {};
      if (row.text && (row.addressed || watches())) toast(row.text(d), d.type ?? row.type);
      row.changes.forEach(reload);
    });
  }
}

function show(state, text) {
  const node = document.getElementById('connection');
  node.dataset.state = state;
  node.textContent = text;
}

function hint(text) {
  const node = document.getElementById('liveHint');
  node.textContent = text;
  node.hidden = false;
}
