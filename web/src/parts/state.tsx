// The three states of a view that has nothing to show: it loads, it failed, there is nothing.
import type { ComponentChildren } from 'preact';
import { problem } from '../core/problem';
import { t } from '../i18n';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty" data-testid="empty">
      <p class="empty-title">{title}</p>
      {children && <div class="muted">{children}</div>}
    </div>
  );
}

export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div class="failed" role="alert" data-testid="error">
      <p class="empty-title">{t('error.title')}</p>
      <p>{problem(error)}</p>
      {retry && <button type="button" class="button" onClick={retry}>{t('error.retry')}</button>}
    </div>
  );
}

// Loading reserves the place of what comes, in lines.
export function Loading({ lines = 3 }: { lines?: number }) {
  return (
    <div class="loading" role="status">
      <span class="unseen">{t('app.loading')}</span>
      {Array.from({ length: lines }, (_, i) => <div key={i} class="bone" aria-hidden="true" />)}
    </div>
  );
}
