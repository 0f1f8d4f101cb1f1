import type { Tone } from '../lib/states';
import { Icon } from './icon';
import type { IconName } from './icon';
import styles from './state-chip.module.css';

interface ChipProps {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly label: string;
  /** More about it, on hover. */
  readonly title?: string | undefined;
}

/** Something in a word, with a shape and a colour of its own. It is hatched and grey while the page is not live. */
export function Chip({ tone, icon, label, title }: ChipProps) {
  return (
    <span className={styles.chip} data-tone={tone} title={title}>
      <Icon name={icon} size={12} />
      {label}
    </span>
  );
}
