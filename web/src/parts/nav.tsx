// The five sections: a column on wide screens, a bar at the thumb on narrow ones.
import { route, to, type View } from '../core/route';
import { type Key, t } from '../i18n';
import { Icon, type IconName } from './icons';

const SECTIONS: { view: View & IconName; inside: View[] }[] = [
  { view: 'now', inside: ['now', 'person'] },
  { view: 'feed', inside: ['feed', 'event'] },
  { view: 'business', inside: ['business'] },
  { view: 'actions', inside: ['actions'] },
  { view: 'health', inside: ['health'] },
];

export function Nav() {
  return (
    <nav class="nav" aria-label={t('app.sections')}>
      <ul>
        {SECTIONS.map(({ view, inside }) => (
          <li key={view}>
            <a href={to(view)} data-testid={`nav-${view}`} aria-current={inside.includes(route.value.view) ? 'page' : undefined}>
              <Icon name={view} />
              <span>{t(`nav.${view}` as Key)}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
