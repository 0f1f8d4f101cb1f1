import { Link } from '@tanstack/react-router';
import { Icon } from '../parts/icon';
import styles from './navigation.module.css';
import { usePages } from './pages';

/** The pages. On a phone they are shown when the button of the header is pressed. */
export function Navigation({ isOpen, onLeave }: { readonly isOpen: boolean; readonly onLeave: () => void }) {
  return (
    <nav className={styles.nav} aria-label="Main" data-open={isOpen || undefined}>
      {usePages().map((entries) => (
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
      ))}
    </nav>
  );
}
