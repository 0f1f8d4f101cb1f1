import { createRoute, createRouter } from '@tanstack/react-router';
import { consoleUrl } from '../lib/base';
import { parseSearch, stringifySearch } from '../lib/url-state';
import { gatewayRoutes } from './gateways';
import { readingRoutes } from './readings';
import { registryRoutes } from './registry';
import { root, shell, signIn } from './root';
import type { RouterContext } from './root';
import { settingsRoutes } from './settings';
import { NotFound, PageError } from '../routes/failures';
import { Overview } from '../routes/overview';

/** All pages but the overview and the list of gateways are loaded when they are opened. */
const overview = createRoute({ getParentRoute: () => shell, path: '/', component: Overview });

/** Every other address. */
const nowhere = createRoute({ getParentRoute: () => shell, path: '/$', component: NotFound });

const routes = root.addChildren([
  signIn,
  shell.addChildren([overview, ...gatewayRoutes, ...registryRoutes, ...readingRoutes, ...settingsRoutes, nowhere]),
]);

export function createConsoleRouter(context: RouterContext) {
  return createRouter({
    routeTree: routes,
    context,
    basepath: consoleUrl.pathname.replace(/\/$/, ''),
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultErrorComponent: PageError,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
