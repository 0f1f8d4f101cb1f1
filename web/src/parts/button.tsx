import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ButtonHTMLAttributes, Ref } from 'react';
import styles from './button.module.css';
import { Icon } from './icon';
import type { IconName } from './icon';

interface Looks {
  /** Default `plain`. A page has one `primary` at most. What takes something away is `danger`, or `quiet-danger` in a row of a list. */
  readonly look?: 'primary' | 'plain' | 'quiet' | 'danger' | 'quiet-danger' | undefined;
  readonly icon?: IconName | undefined;
}

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement>, Looks {
  /** It waits for an answer: it says so, and takes no second click. */
  readonly isBusy?: boolean | undefined;
  readonly ref?: Ref<HTMLButtonElement> | undefined;
}

export function Button({
  look = 'plain',
  icon,
  isBusy = false,
  children,
  type = 'button',
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={styles.button}
      data-look={look}
      aria-busy={isBusy || undefined}
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
    >
      {isBusy ? <span className={styles.spinner} aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

function Anchor({ look = 'plain', icon, children, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & Looks) {
  return (
    <a {...rest} className={styles.button} data-look={look}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

/** A link that looks like a button: it leads to a page, and changes nothing. */
export const ButtonLink = createLink(Anchor);
