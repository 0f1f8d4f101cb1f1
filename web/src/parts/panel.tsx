import { useId } from 'react';
import type { ReactNode } from 'react';
import styles from './panel.module.css';

interface PanelProps {
  readonly title: string;
  /** At the right of the title: a link or a small control. */
  readonly beside?: ReactNode;
  /** Without space around the content, as for a table. */
  readonly isFlush?: boolean;
  readonly children: ReactNode;
}

/** A part of a page with a heading. */
export function Panel({ title, beside, isFlush = false, children }: PanelProps) {
  const id = useId();
  return (
    <section className={styles.panel} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{title}</h2>
        {beside && <div className={styles.beside}>{beside}</div>}
      </div>
      <div className={isFlush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}
