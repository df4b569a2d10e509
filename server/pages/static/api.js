// Calls to the desk's REST interface.

const token = () => document.querySelector('meta[name="csrf-token"]').content;

// call sends body as JSON and gives the parsed answer. It rejects with an Error whose
// message is for the user; a session that ended leads to the sign-in page.
export async function call(method, path, body) {
  const headers = { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' };
  if (method !== 'GET') headers['X-CSRFToken'] = token();
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, {
      method, headers, credentials: 'same-origin', body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error('No hay conexión con el servidor');
  }
  if (response.status === 401) {
    location.assign('/login?next=' + encodeURIComponent(location.pathname + location.search));
    throw new Error('La sesión terminó');
  }
  let data = {};
  try {
    data = await response.json();
  } catch { /* the status says enough */ }
  if (!response.ok) throw new Error(data.message || data.error || response.statusText || 'Error ' + response.status);
  return data;
}

export const get = (path) => call('GET', path);
export const post = (path, body) => call('POST', path, body);

// calmly wraps an asynchronous reload: calls that arrive while one waits or runs are
// joined into one more run, so that a burst of events costs two reads.
export function calmly(reload) {
  let waiting = false;
  let running = false;
  const run = async () => {
    waiting = false;
    running = true;
    try {
      await reload();
    } finally {
      running = false;
      if (waiting) setTimeout(run, 150);
    }
  };
  return () => {
    if (waiting) return;
    waiting = true;
    if (!running) setTimeout(run, 150);
  };
}
