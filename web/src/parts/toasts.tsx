// Where notices show; the region stands always, so that a screen reader hears what comes into it.
import { dismiss, toasts } from '../core/toast';
import { t } from '../i18n';
import { Icon } from './icons';

export function Toasts() {
  return (
    <div class="toasts" role="region" aria-label={t('toast.region')} aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class={`toast ${one.tone}`} data-testid="toast">
          <span class="grow">{one.text}</span>
          <button type="button" class="icon-button" aria-label={t('common.close')} onClick={() => dismiss(one.id)}><Icon name="close" /></button>
        </div>
      ))}
    </div>
  );
}
