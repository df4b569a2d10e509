// Calls to the server's REST interface.
import { csrf } from './me';

// RestError carries the server's own sentence, which is for the user. Status 0: no answer came.
export class RestError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

const RETURN = 'relevo.console.return';

// signIn leaves for the sign-in page and remembers the view, because a fragment does not survive the way there.
export function signIn(): void {
  sessionStorage.setItem(RETURN, location.hash);
  location.assign('/login?next=/console/');
}

// restoreView goes back to the view that signIn left.
export function restoreView(): void {
  const view = sessionStorage.getItem(RETURN);
  sessionStorage.removeItem(RETURN);
  if (view && !location.hash) history.replaceState(null, '', view);
}

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' };
  if (method !== 'GET') {
    headers['X-CSRFToken'] = csrf();
    headers['Content-Type'] = 'application/json';
  }
  let response: Response;
  try {
    response = await fetch(path, {
      method, headers, credentials: 'same-origin', signal, body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new RestError(0, '');
  }
  if (response.status === 401) {
    signIn();
    throw new RestError(401, '');
  }
  const data = await response.json().catch(() => ({}));
  if (!response.ok) throw new RestError(response.status, data.message || data.error || '');
  return data as T;
}

export const get = <T>(path: string, signal?: AbortSignal) => call<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body: unknown) => call<T>('POST', path, body);

// query joins the parameters that are set to path.
export function query(path: string, parameters: Record<string, string | number | null | undefined>): string {
  const set = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined && value !== '') set.set(key, String(value));
  }
  const text = set.toString();
  return text ? `${path}?${text}` : path;
}
