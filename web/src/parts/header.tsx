// The head of the page: whose console this is, whether it is live, and how it is shown.
import { me } from '../core/me';
import { to } from '../core/route';
import { connection } from '../core/socket';
import { setTheme, theme, type Theme } from '../core/theme';
import { type Key, lang, setLang, t } from '../i18n';
import { Icon, Mark } from './icons';

const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

export function Header() {
  const who = me.value;
  const state = connection.value;
  const shown = state === 'sent_away' ? 'off' : state;
  const themeText = `${t('theme.label')}: ${t(`theme.${theme.value}` as Key)}`;
  return (
    <header class="top">
      <a class="brand" href={to('now')}>
        <Mark />
        <span>Relevo</span>
        <span class="brand-part">{t('app.title')}</span>
      </a>
      <span class="connection" data-testid="connection" data-state={shown} role="status">
        <span class="connection-dot" aria-hidden="true" />
        <span class="connection-text">{t(`connection.${state}` as Key)}</span>
      </span>
      <span class="grow" />
      {who && (
        <span class="who" title={t('app.signed_in', { user: who.username, role: who.role })}>
          <b>{who.username}</b>
          <span class="muted">{who.role}{who.can_act ? '' : ` · ${t('app.read_only')}`}</span>
        </span>
      )}
      <button type="button" class="icon-button lang" data-testid="lang" aria-label={`${lang.value.toUpperCase()} · ${t('lang.label')}`} title={t('lang.label')}
        onClick={() => setLang(lang.value === 'es' ? 'en' : 'es')}>{lang.value === 'es' ? 'ES' : 'EN'}</button>
      <button type="button" class="icon-button" data-testid="theme" data-theme={theme.value} aria-label={themeText} title={themeText}
        onClick={() => setTheme(NEXT[theme.value])}><Icon name={theme.value} /></button>
      <a class="icon-button" href="/" aria-label={t('app.desk')} title={t('app.desk')}><Icon name="desk" /></a>
    </header>
  );
}
