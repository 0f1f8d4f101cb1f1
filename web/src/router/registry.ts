import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { idIn } from '../lib/url-state';
import { readFactoriesSearch } from '../routes/factories-search';
import { readNamesSearch } from '../routes/names-search';
import { shell } from './root';

const factories = createRoute({
  getParentRoute: () => shell,
  path: '/factories',
  validateSearch: readFactoriesSearch,
  component: lazyRouteComponent(() => import('../routes/factories'), 'Factories'),
});

const newFactory = createRoute({
  getParentRoute: () => shell,
  path: '/factories/new',
  validateSearch: (search): { organization?: string | undefined } => ({ organization: idIn(search, 'organization') }),
  component: lazyRouteComponent(() => import('../routes/factory-edit'), 'NewFactory'),
});

const factory = createRoute({
  getParentRoute: () => shell,
  path: '/factories/$id',
  component: lazyRouteComponent(() => import('../routes/factory'), 'FactoryPage'),
});

const editFactory = createRoute({
  getParentRoute: () => shell,
  path: '/factories/$id/edit',
  component: lazyRouteComponent(() => import('../routes/factory-edit'), 'EditFactory'),
});

const organizations = createRoute({
  getParentRoute: () => shell,
  path: '/organizations',
  validateSearch: readNamesSearch,
  component: lazyRouteComponent(() => import('../routes/organizations'), 'Organizations'),
});

const newOrganization = createRoute({
  getParentRoute: () => shell,
  path: '/organizations/new',
  component: lazyRouteComponent(() => import('../routes/organization-edit'), 'NewOrganization'),
});

const editOrganization = createRoute({
  getParentRoute: () => shell,
  path: '/organizations/$id/edit',
  component: lazyRouteComponent(() => import('../routes/organization-edit'), 'EditOrganization'),
});

export const registryRoutes = [
  ...[factories, newFactory, factory, editFactory],
  ...[organizations, newOrganization, editOrganization],
] as const;
