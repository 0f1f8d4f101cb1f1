import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { textIn } from '../lib/url-state';
import { Shell } from '../shell/shell';

/** What the routes are given: where the answers of the service are kept. */
export interface RouterContext {
  readonly queries: QueryClient;
}

/** The route above all others. */
export const root = createRootRouteWithContext<RouterContext>()({ component: Outlet });

export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { return_to?: string | undefined } => ({ return_to: textIn(search, 'return_to') }),
  component: lazyRouteComponent(() => import('../routes/sign-in'), 'SignIn'),
});

/** What one sees when signed in: every page is below it. */
export const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });
