import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { idIn, numberIn, textIn } from '../lib/url-state';
import type { RawSearch } from '../lib/url-state';
import { shell } from './root';

/** What the address of a list of names says. */
export interface NamesSearch {
  /** Part of a name. */
  readonly q?: string | undefined;
  /** Id of an organization. */
  readonly organization?: string | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly size?: number | undefined;
}

const namesSearch = (search: RawSearch): NamesSearch => ({
  q: textIn(search, 'q'),
  organization: idIn(search, 'organization'),
  page: numberIn(search, 'page', { min: 1, max: 100_000, byDefault: 1 }),
  size: numberIn(search, 'size', { min: 1, max: 100, byDefault: 50 }),
});

const factories = createRoute({
  getParentRoute: () => shell,
  path: '/factories',
  validateSearch: namesSearch,
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
  validateSearch: namesSearch,
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
