import type { ReactNode } from 'react';
import { ApiError } from '../lib/api-error';
import { Button } from './button';
import { Icon } from './icon';
import styles from './notices.module.css';

interface ErrorNoticeProps {
  readonly error: unknown;
  /** What could not be done: `The gateway was not saved`. */
  readonly what?: string;
  readonly onRetry?: (() => void) | undefined;
}

/** A request that failed, in words, with what the service calls it. */
export function ErrorNotice({ error, what, onRetry }: ErrorNoticeProps) {
  const message = error instanceof Error ? error.message : String(error);
  // The service repeats the message at the field if there is only one.
  const problems = error instanceof ApiError ? error.fields.filter(({ message: problem }) => problem !== message) : [];
  return (
    <div className={styles.notice} data-tone="bad" role="alert">
      <Icon name="warning" />
      <div className={styles.words}>
        <p>
          {what && <strong>{what}. </strong>}
          {message}
        </p>
        {problems.length > 0 && (
          <ul>
            {problems.map(({ path, message: problem }) => (
              <li key={`${path} ${problem}`}>
                <code>{path}</code> {problem}
              </li>
            ))}
          </ul>
        )}
        {error instanceof ApiError && error.status !== 0 && (
          <p className={styles.small}>
            <code>{error.code}</code>
            {error.requestId !== null && (
              <>
                {' '}
                · request <code>{error.requestId}</code>
              </>
            )}
          </p>
        )}
      </div>
      {onRetry && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** Something to know before one goes on. */
export function Notice({
  tone,
  children,
}: {
  readonly tone: 'warn' | 'busy' | 'ok' | 'bad';
  readonly children: ReactNode;
}) {
  return (
    <div className={styles.notice} data-tone={tone} role="note">
      <Icon name={tone === 'ok' ? 'check' : tone === 'busy' ? 'about' : 'warning'} />
      <div className={styles.words}>{children}</div>
    </div>
  );
}

/** In place of a list that has nothing to show: why, and what to do about it. */
export function EmptyState({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <p className={styles.emptyTitle}>{title}</p>
      {children && <div className={styles.emptyText}>{children}</div>}
    </div>
  );
}

/** Grey lines in place of what is being fetched. */
export function Loading({ lines = 4 }: { readonly lines?: number }) {
  return (
    <div className={styles.loading} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={styles.line} />
      ))}
    </div>
  );
}
