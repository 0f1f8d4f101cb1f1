import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router';
import { consoleUrl } from './lib/base';
import { STATES } from './lib/states';
import { choiceIn, idIn, numberIn, parseSearch, stringifySearch, textIn } from './lib/url-state';
import { NotFound, PageError } from './routes/failures';
import { Overview } from './routes/overview';
import { readReadingSearch } from './routes/reading/reading-search';
import { readSensorSearch } from './routes/sensors/sensor-search';
import { readSensorsSearch } from './routes/sensors/sensors-search';
import { Shell } from './shell/shell';

/** What the address of the list says; a parameter that is missing has its default. */
interface GatewaysSearch {
  readonly state?: (typeof STATES)[number] | undefined;
  readonly sort?: 'name_ci' | '-name_ci' | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly size?: number | undefined;
}

/** Routes: one line a page. All but the overview are loaded when they are opened. */
const root = createRootRouteWithContext<{ queries: QueryClient }>()({ component: Outlet, notFoundComponent: NotFound });
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { return_to?: string | undefined } => ({ return_to: textIn(search, 'return_to') }),
  component: lazyRouteComponent(() => import('./routes/sign-in'), 'SignIn'),
});
/** What one sees when signed in. */
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });
const overview = createRoute({ getParentRoute: () => shell, path: '/', component: Overview });
const gateways = createRoute({
  getParentRoute: () => shell,
  path: '/gateways',
  validateSearch: (search): GatewaysSearch => ({
    state: choiceIn(search, 'state', STATES),
    sort: choiceIn(search, 'sort', ['name_ci', '-name_ci'], 'name_ci'),
    page: numberIn(search, 'page', { min: 1, max: 100_000, byDefault: 1 }),
    size: numberIn(search, 'size', { min: 1, max: 100, byDefault: 50 }),
  }),
  component: lazyRouteComponent(() => import('./routes/gateways'), 'Gateways'),
});
const gateway = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/$id',
  component: lazyRouteComponent(() => import('./routes/gateway'), 'GatewayPage'),
});
const gatewaySensors = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/$id/sensors',
  validateSearch: readSensorsSearch,
  component: lazyRouteComponent(() => import('./routes/sensors/gateway-sensors'), 'GatewaySensors'),
});
const completeness = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/$id/completeness',
  validateSearch: (search): { backfill?: string | undefined } => ({ backfill: idIn(search, 'backfill') }),
  component: lazyRouteComponent(() => import('./routes/completeness/completeness'), 'CompletenessPage'),
});
const sensors = createRoute({
  getParentRoute: () => shell,
  path: '/sensors',
  validateSearch: readSensorsSearch,
  component: lazyRouteComponent(() => import('./routes/sensors/sensors'), 'Sensors'),
});
const sensor = createRoute({
  getParentRoute: () => shell,
  path: '/sensors/$id',
  validateSearch: readSensorSearch,
  component: lazyRouteComponent(() => import('./routes/sensors/sensor'), 'SensorPage'),
});
const reading = createRoute({
  getParentRoute: () => shell,
  path: '/readings/$id',
  validateSearch: readReadingSearch,
  component: lazyRouteComponent(() => import('./routes/reading/reading'), 'ReadingPage'),
});
const about = createRoute({
  getParentRoute: () => shell,
  path: '/settings/about',
  component: lazyRouteComponent(() => import('./routes/about'), 'About'),
});

const routes = root.addChildren([
  signIn,
  shell.addChildren([
    ...[overview, gateways, gateway, gatewaySensors, completeness],
    ...[sensors, sensor, reading, about],
  ]),
]);

export function createConsoleRouter(queries: QueryClient) {
  return createRouter({
    routeTree: routes,
    context: { queries },
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
