import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { isUnauthenticated } from '../lib/api-error';
import { usePreference } from '../lib/preferences';
import { ZONE_CHOICES, ZoneContext } from '../lib/zones';
import { startLive, useStaleSince } from '../live/live';
import { ErrorNotice, Loading } from '../parts/notices';
import { Header } from './header';
import { Shortcuts } from './help';
import { Navigation } from './navigation';
import { useSession } from './session';
import styles from './shell.module.css';
import { StaleBanner } from './stale-banner';

const Palette = lazy(() => import('./palette/palette'));

const ZONES = ZONE_CHOICES.map(([choice]) => choice);

/** What surrounds every page: navigation, header, and the banner that says when the page is not live. */
export function Shell() {
  const session = useSession();
  if (isUnauthenticated(session.error)) return <ToSignIn />;
  if (session.data) return <SignedIn />;
  return (
    <main className={styles.alone}>
      {session.error ? <ErrorNotice error={session.error} onRetry={() => void session.refetch()} /> : <Loading />}
    </main>
  );
}

/** Leads to the sign-in page, once: while that page is loaded, its address is the present one already. */
function ToSignIn() {
  const { href } = useLocation();
  const [from] = useState(href);
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ to: '/sign-in', search: { return_to: from === '/' ? undefined : from }, replace: true });
  }, [navigate, from]);
  return null;
}

function SignedIn() {
  const queries = useQueryClient();
  const [choice, choose] = usePreference('zone', ZONES, 'plant');
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [isPaletteOpen, setPaletteOpen] = useState(false);
  const openPalette = useCallback(() => setPaletteOpen(true), []);
  const isStale = useStaleSince() !== null;
  useEffect(() => startLive(queries), [queries]);
  return (
    <ZoneContext value={{ choice, choose }}>
      <div className={styles.shell} data-stale={isStale || undefined}>
        <a className={styles.skip} href="#content">
          Skip to the content
        </a>
        <Header isMenuOpen={isMenuOpen} onMenu={() => setMenuOpen(!isMenuOpen)} onPalette={openPalette} />
        <Navigation isOpen={isMenuOpen} onLeave={() => setMenuOpen(false)} />
        <main id="content" className={styles.content} tabIndex={-1}>
          <StaleBanner />
          <div className={styles.page}>
            <Outlet />
          </div>
        </main>
        <Shortcuts onPalette={openPalette} />
        {isPaletteOpen && (
          <Suspense>
            <Palette onClose={() => setPaletteOpen(false)} />
          </Suspense>
        )}
      </div>
    </ZoneContext>
  );
}
