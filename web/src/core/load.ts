// What a view reads over REST, with the three states that each view must be able to show.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get } from './rest';

export interface Load<T> {
  data: T | null;
  error: Error | null;
  loading: boolean;
  reload: () => void;
}

// useLoad reads path, and again when it changes or reload is called. While it reads again the data stays, so that
// nothing jumps; data of another path goes. Null reads nothing. Calls of reload that come while a read runs are joined
// into one more read.
export function useLoad<T>(path: string | null): Load<T> {
  const [state, setState] = useState<{ path: string | null; data: T | null; error: Error | null; loading: boolean }>({
    path, data: null, error: null, loading: path !== null,
  });
  const running = useRef<AbortController | null>(null);
  const again = useRef(false);

  const run = useCallback(async () => {
    if (path === null) return;
    if (running.current) {
      again.current = true;
      return;
    }
    const control = new AbortController();
    running.current = control;
    try {
      const data = await get<T>(path, control.signal);
      if (!control.signal.aborted) setState({ path, data, error: null, loading: false });
    } catch (error) {
      if (!control.signal.aborted) {
        setState((old) => ({ path, data: old.path === path ? old.data : null, error: error as Error, loading: false }));
      }
    } finally {
      if (running.current === control) {
        running.current = null;
        if (again.current) {
          again.current = false;
          void run();
        }
      }
    }
  }, [path]);

  useEffect(() => {
    void run();
    return () => {
      running.current?.abort();
      running.current = null;
      again.current = false;
    };
  }, [run]);

  const reload = useCallback(() => void run(), [run]);
  if (state.path !== path) return { data: null, error: null, loading: path !== null, reload };
  return { data: state.data, error: state.error, loading: state.loading, reload };
}

// useSettled gives value as it is once it has not changed for ms, so that typing does not ask at each key.
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
