// Says that the numbers may be old, from the second second of a loss on: shorter ones are not worth a word.
import { clock } from '../core/clock';
import { clockTime } from '../core/format';
import { connection, offSince, reconnect } from '../core/socket';
import { t } from '../i18n';
import { Icon } from './icons';

const PATIENCE_MS = 1500;

export function Banner() {
  const state = connection.value;
  const since = offSince.value;
  const lost = state === 'sent_away' || (state !== 'on' && since !== null && clock.value - since > PATIENCE_MS);
  return (
    <div class="banner-place" role="status" aria-live="polite">
      {lost && (
        <div class="banner" data-testid="banner-reconnect">
          <Icon name="warn" />
          <span class="grow">
            {state === 'sent_away' ? t('banner.sent_away') : t('banner.lost', { at: clockTime(new Date(since ?? Date.now())) })}
          </span>
          <button type="button" class="button small" onClick={reconnect}>{t('banner.retry')}</button>
        </div>
      )}
    </div>
  );
}
