import { Link, useNavigate } from '@tanstack/react-router';
import { use, useEffect } from 'react';
import { usePreference } from '../lib/preferences';
import { ownZone, ZONE_CHOICES, ZoneContext } from '../lib/zones';
import type { ZoneChoice } from '../lib/zones';
import { Button } from '../parts/button';
import { Icon } from '../parts/icon';
import styles from './header.module.css';
import { useSession, useSignOut } from './session';

interface HeaderProps {
  readonly isMenuOpen: boolean;
  readonly onMenu: () => void;
  readonly onPalette: () => void;
}

/** The name of the console, the choices for all pages, and who is signed in. */
export function Header({ isMenuOpen, onMenu, onPalette }: HeaderProps) {
  return (
    <header className={styles.header}>
      <span className={styles.menu}>
        <Button
          look="quiet"
          icon={isMenuOpen ? 'close' : 'menu'}
          aria-label="Menu"
          aria-expanded={isMenuOpen}
          onClick={onMenu}
        />
      </span>
      <Link to="/" className={styles.brand}>
        <svg viewBox="0 0 16 16" width="22" height="22" aria-hidden="true">
          <rect width="16" height="16" rx="4" fill="#1f5fd0" />
          <path
            d="M2 8.5h2.5L6 4l3 8 2-5 .8 1.5H14"
            fill="none"
            stroke="#fff"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
        <span className={styles.name}>Gateway hub</span>
      </Link>
      <div className={styles.choices}>
        <Button look="quiet" icon="search" aria-label="Go to" title="Go to (Ctrl K)" onClick={onPalette} />
        <Zone />
        <Theme />
        <Account />
      </div>
    </header>
  );
}

function Zone() {
  const { choice, choose } = use(ZoneContext);
  return (
    <select
      className={styles.select}
      aria-label="Time zone of all times"
      title={choice === 'mine' ? ownZone : undefined}
      value={choice}
      onChange={({ target }) => choose(target.value as ZoneChoice)}
    >
      {ZONE_CHOICES.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  );
}

const THEMES = ['auto', 'light', 'dark'] as const;
const THEME_ICONS = { auto: 'auto', light: 'sun', dark: 'moon' } as const;
const THEME_NAMES = { auto: 'as the system', light: 'light', dark: 'dark' } as const;

function Theme() {
  const [theme, choose] = usePreference('theme', THEMES, 'auto');
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
  return (
    <Button
      look="quiet"
      icon={THEME_ICONS[theme]}
      title={`Theme: ${THEME_NAMES[theme]}`}
      aria-label={`Theme: ${THEME_NAMES[theme]}. Change to: ${THEME_NAMES[next]}`}
      onClick={() => choose(next)}
    />
  );
}

function Account() {
  const { data } = useSession();
  const signOut = useSignOut();
  const navigate = useNavigate();
  if (!data || data.auth === 'off') return null;
  return (
    <span className={styles.account}>
      <span className={styles.who} title={data.role}>
        <Icon name="keys" />
        {data.name}
      </span>
      <Button
        look="quiet"
        icon="leave"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => void signOut().then(() => navigate({ to: '/sign-in' }))}
      />
    </span>
  );
}
