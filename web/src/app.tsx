// The frame of all views: who looks is asked first, then the connection and the numbers begin.
import { useEffect, useRef, useState } from 'preact/hooks';
import { startFeed } from './core/feed';
import { loadMe, me } from './core/me';
import { startNow } from './core/now';
import { RestError } from './core/rest';
import { route, type View } from './core/route';
import { startSocket } from './core/socket';
import { type Key, t } from './i18n';
import { Banner } from './parts/banner';
import { Confirm } from './parts/confirm';
import { Header } from './parts/header';
import { Nav } from './parts/nav';
import { Failed, Loading } from './parts/state';
import { Toasts } from './parts/toasts';
import { ActionsView } from './pages/actions';
import { BusinessView } from './pages/business';
import { EventView } from './pages/event';
import { FeedView } from './pages/feed';
import { HealthView } from './pages/health';
import { NowView } from './pages/now';
import { PersonView } from './pages/person';

const TITLES: Record<View, Key> = {
  now: 'nav.now', feed: 'nav.feed', event: 'event.title', person: 'person.title', business: 'nav.business', actions: 'nav.actions', health: 'nav.health',
};

let started = false;

export function App() {
  const [error, setError] = useState<Error | null>(null);
  const main = useRef<HTMLElement>(null);
  const { view, id } = route.value;
  const first = useRef(true);

  const begin = () => {
    setError(null);
    loadMe().then((who) => {
      if (started) return;
      started = true;
      startNow();
      startFeed();
      startSocket(who.socket_path);
    }, setError);
  };
  useEffect(begin, []);

  const title = t(TITLES[view]);
  useEffect(() => {
    document.title = `${title} · Relevo`;
  }, [title]);
  // Another view: reading goes on at its beginning, for the eye and for a screen reader.
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [view, id]);

  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(e) => {
        e.preventDefault();
        main.current?.focus();
      }}>{t('app.skip')}</a>
      <Header />
      <Nav />
      <Banner />
      <main id="main" class={`view view-${view}`} ref={main} tabIndex={-1}>
        {error ? <Refused error={error} retry={begin} /> : me.value ? <Current view={view} id={id} /> : <Loading lines={6} />}
      </main>
      <Toasts />
      <Confirm />
    </div>
  );
}

function Refused({ error, retry }: { error: Error; retry: () => void }) {
  if (error instanceof RestError && error.status === 403) {
    return <div class="empty" data-testid="error"><p class="empty-title">{t('app.forbidden')}</p><a class="button" href="/">{t('app.desk')}</a></div>;
  }
  return <Failed error={error} retry={retry} />;
}

function Current({ view, id }: { view: View; id: string }) {
  switch (view) {
    case 'feed': return <FeedView />;
    case 'event': return <EventView key={id} id={id} />;
    case 'person': return <PersonView key={id} id={id} />;
    case 'business': return <BusinessView />;
    case 'actions': return <ActionsView />;
    case 'health': return <HealthView />;
    default: return <NowView />;
  }
}
