// The content of an event, redacted by the server: private values come as the sign below.
import type { ComponentChildren } from 'preact';
import { t } from '../i18n';

const HIDDEN = '•••';

// brief is one line for the feed.
export function Brief({ payload }: { payload: unknown }) {
  if (payload === null || typeof payload !== 'object') return <span class="muted">{payload === null ? '' : String(payload)}</span>;
  const entries = Object.entries(payload).filter(([, value]) => value !== null).slice(0, 6);
  if (!entries.length) return <span class="muted">{'{}'}</span>;
  return (
    <>
      {entries.map(([key, value]) => (
        <span key={key} class="pair">
          <span class="pair-key">{key}</span> {value === HIDDEN ? <Hidden /> : typeof value === 'object' ? '{…}' : String(value)}
        </span>
      ))}
    </>
  );
}

function Hidden() {
  return <span class="hidden-value" title={t('common.redacted')}>{HIDDEN}</span>;
}

// Payload is the whole content, laid out like JSON.
export function Payload({ payload }: { payload: unknown }) {
  return <pre class="payload" tabIndex={0}>{layout(payload, '')}</pre>;
}

function layout(value: unknown, indent: string): ComponentChildren {
  if (value === HIDDEN) return <Hidden />;
  if (value === null || typeof value !== 'object') return <span class={`v-${value === null ? 'null' : typeof value}`}>{JSON.stringify(value)}</span>;
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  if (!entries.length) return list ? '[]' : '{}';
  const deeper = indent + '  ';
  return (
    <>
      {list ? '[' : '{'}
      {entries.map(([key, item], i) => (
        <>
          {'\n' + deeper}
          {!list && <><span class="v-key">{JSON.stringify(key)}</span>: </>}
          {layout(item, deeper)}
          {i < entries.length - 1 ? ',' : ''}
        </>
      ))}
      {'\n' + indent + (list ? ']' : '}')}
    </>
  );
}
