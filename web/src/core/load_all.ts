// Several reads of one kind, a few at a time, so that a page that compares ten traders does not ask ten at once.
import { useEffect, useState } from 'preact/hooks';
import { get } from './rest';

const AT_ONCE = 3;

// useAll gives an answer by path as they come; a path that failed stays without. Another stamp reads them again, and
// what was read before stays until then.
export function useAll<T>(paths: string[], stamp: number): Record<string, T> {
  const [known, setKnown] = useState<Record<string, T>>({});
  useEffect(() => {
    const control = new AbortController();
    const queue = [...paths];
    const work = async () => {
      for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
        const at = path;
        try {
          const data = await get<T>(at, control.signal);
          setKnown((old) => ({ ...old, [at]: data }));
        } catch {
          if (control.signal.aborted) return;
        }
      }
    };
    for (let i = 0; i < AT_ONCE; i++) void work();
    return () => control.abort();
  }, [paths.join('\n'), stamp]);
  return known;
}
