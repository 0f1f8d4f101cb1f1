import { Link } from '@tanstack/react-router';
import { useMay } from '../shell/session';
import styles from './gateway-tabs.module.css';

const TABS = [
  ['/gateways/$id', 'Connection'],
  ['/gateways/$id/sensors', 'Sensors'],
  ['/gateways/$id/completeness', 'Completeness'],
] as const;

/** The pages about one gateway. */
export function GatewayTabs({ id }: { readonly id: string }) {
  if (!useMay('readings:read')) return null;
  return (
    <nav className={styles.tabs} aria-label="Pages of this gateway">
      {TABS.map(([to, label]) => (
        <Link
          key={to}
          to={to}
          params={{ id }}
          className={styles.tab}
          activeOptions={{ exact: true, includeSearch: false }}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
