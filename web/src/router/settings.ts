import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { readAuditSearch } from '../routes/audit-search';
import { readKeysSearch } from '../routes/keys-search';
import { shell } from './root';

const about = createRoute({
  getParentRoute: () => shell,
  path: '/settings/about',
  component: lazyRouteComponent(() => import('../routes/about'), 'About'),
});

const keys = createRoute({
  getParentRoute: () => shell,
  path: '/settings/keys',
  validateSearch: readKeysSearch,
  component: lazyRouteComponent(() => import('../routes/keys'), 'Keys'),
});

const newKey = createRoute({
  getParentRoute: () => shell,
  path: '/settings/keys/new',
  component: lazyRouteComponent(() => import('../routes/key-new'), 'NewKey'),
});

const editKey = createRoute({
  getParentRoute: () => shell,
  path: '/settings/keys/$id',
  component: lazyRouteComponent(() => import('../routes/key-edit'), 'EditKey'),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/settings/audit',
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import('../routes/audit'), 'Audit'),
});

export const settingsRoutes = [keys, newKey, editKey, audit, about] as const;
