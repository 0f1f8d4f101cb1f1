import { createRootRoute, createRoute, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { textIn } from '../lib/url-state';
import { NotFound } from '../routes/failures';
import { Shell } from '../shell/shell';

/** The route above all others. */
export const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { return_to?: string | undefined } => ({ return_to: textIn(search, 'return_to') }),
  component: lazyRouteComponent(() => import('../routes/sign-in'), 'SignIn'),
});

/** What one sees when signed in: every page is below it. */
export const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });
