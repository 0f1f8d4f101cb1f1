import { Link } from '@tanstack/react-router';
import type { LinkProps } from '@tanstack/react-router';
import { Icon } from '../parts/icon';
import type { IconName } from '../parts/icon';
import styles from './navigation.module.css';
import { useSession } from './session';
import type { Scope } from './session';

/** A page of the navigation, and what a key must be allowed to do for it. */
interface Entry {
  readonly to: NonNullable<LinkProps['to']>;
  readonly label: string;
  readonly icon: IconName;
  readonly scope?: Scope;
}

const GROUPS: readonly (readonly Entry[])[] = [
  [
    { to: '/', label: 'Overview', icon: 'overview' },
    { to: '/gateways', label: 'Gateways', icon: 'gateways', scope: 'connections:read' },
    { to: '/sensors', label: 'Sensors', icon: 'sensors', scope: 'readings:read' },
    { to: '/factories', label: 'Factories', icon: 'factories', scope: 'factories:read' },
    { to: '/organizations', label: 'Organizations', icon: 'organizations', scope: 'organizations:read' },
  ],
  [
    { to: '/settings/keys', label: 'API keys', icon: 'keys', scope: 'keys:read' },
    { to: '/settings/audit', label: 'Audit log', icon: 'audit', scope: 'audit:read' },
    { to: '/settings/about', label: 'About', icon: 'about' },
  ],
];

/** The pages. On a phone they are shown when the button of the header is pressed. */
export function Navigation({ isOpen, onLeave }: { readonly isOpen: boolean; readonly onLeave: () => void }) {
  const { data } = useSession();
  const allowed = ({ scope }: Entry): boolean => scope === undefined || (data?.scopes.includes(scope) ?? false);
  return (
    <nav className={styles.nav} aria-label="Main" data-open={isOpen || undefined}>
      {GROUPS.map((entries) => entries.filter(allowed)).map(
        (entries) =>
          entries.length > 0 && (
            <ul key={entries[0]?.to} className={styles.group}>
              {entries.map(({ to, label, icon }) => (
                <li key={to}>
                  <Link to={to} className={styles.link} activeOptions={{ exact: to === '/' }} onClick={onLeave}>
                    <Icon name={icon} />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          ),
      )}
    </nav>
  );
}
