import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { idIn } from '../lib/url-state';
import { Gateways } from '../routes/gateways';
import { readGatewaySearch } from '../routes/gateway-search';
import { gatewaysQuery } from '../routes/gateways-query';
import { readGatewaysSearch } from '../routes/gateways-search';
import { shell } from './root';

const gateways = createRoute({
  getParentRoute: () => shell,
  path: '/gateways',
  validateSearch: readGatewaysSearch,
  // Asked for together with who is signed in, and not after that.
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => void context.queries.query(gatewaysQuery(deps)).catch(() => undefined),
  component: Gateways,
});

const newGateway = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/new',
  validateSearch: (search): { factory?: string | undefined } => ({ factory: idIn(search, 'factory') }),
  component: lazyRouteComponent(() => import('../routes/gateway-new'), 'NewGateway'),
});

const gateway = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/$id',
  validateSearch: readGatewaySearch,
  component: lazyRouteComponent(() => import('../routes/gateway'), 'GatewayPage'),
});

const editGateway = createRoute({
  getParentRoute: () => shell,
  path: '/gateways/$id/edit',
  component: lazyRouteComponent(() => import('../routes/gateway-edit'), 'EditGateway'),
});

export const gatewayRoutes = [gateways, newGateway, gateway, editGateway] as const;
