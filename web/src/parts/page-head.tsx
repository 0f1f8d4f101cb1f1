import { useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import styles from './page-head.module.css';

interface PageHeadProps {
  /** The name of the page, in its heading and in the title of the window. */
  readonly title: string;
  /** Beside the heading, such as a chip. */
  readonly beside?: ReactNode;
  /** One line below the heading. */
  readonly lede?: ReactNode;
  /** Links to the pages above. */
  readonly above?: ReactNode;
  /** Buttons at the right. */
  readonly actions?: ReactNode;
}

/** The head of a page. After a change of page it takes the focus, so that screen readers and the keyboard begin there. */
export function PageHead({ title, beside, lede, above, actions }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRouterState({ select: ({ location }) => location.state.__TSR_index === 0 });
  useEffect(() => {
    document.title = `${title} · Gateway hub`;
  }, [title]);
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
  }, [isFirst]);
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        {above && <div className={styles.above}>{above}</div>}
        <div className={styles.title}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {beside}
        </div>
        {lede && <div className={styles.lede}>{lede}</div>}
      </div>
      {actions && <div className={styles.actions}>{actions}</div>}
    </header>
  );
}
