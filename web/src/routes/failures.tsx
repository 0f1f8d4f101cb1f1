import { Link } from '@tanstack/react-router';
import type { ErrorComponentProps } from '@tanstack/react-router';
import { ErrorNotice, EmptyState } from '../parts/notices';
import { PageHead } from '../parts/page-head';

/** For an address that no page has. */
export function NotFound() {
  return (
    <>
      <PageHead title="Page not found" />
      <EmptyState title="The console has no page at this address.">
        <Link to="/">Go to the overview</Link>
      </EmptyState>
    </>
  );
}

/** For a page that failed while it was loaded or drawn. */
export function PageError({ error, reset }: ErrorComponentProps) {
  return (
    <>
      <PageHead title="This page failed" />
      <ErrorNotice error={error} onRetry={reset} />
    </>
  );
}
