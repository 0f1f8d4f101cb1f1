import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { choiceIn, idIn, numberIn, textIn } from '../lib/url-state';
import { shell } from './root';

const about = createRoute({
  getParentRoute: () => shell,
  path: '/settings/about',
  component: lazyRouteComponent(() => import('../routes/about'), 'About'),
});

const KEY_STATES = ['active', 'expired', 'revoked'] as const;

/** What the address of the list of keys says. */
export interface KeysSearch {
  /** Default `active`. */
  readonly state?: (typeof KEY_STATES)[number] | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly size?: number | undefined;
}

const keys = createRoute({
  getParentRoute: () => shell,
  path: '/settings/keys',
  validateSearch: (search): KeysSearch => ({
    state: choiceIn(search, 'state', KEY_STATES, 'active'),
    page: numberIn(search, 'page', { min: 1, max: 100_000, byDefault: 1 }),
    size: numberIn(search, 'size', { min: 1, max: 100, byDefault: 50 }),
  }),
  component: lazyRouteComponent(() => import('../routes/keys'), 'Keys'),
});

const newKey = createRoute({
  getParentRoute: () => shell,
  path: '/settings/keys/new',
  component: lazyRouteComponent(() => import('../routes/key-new'), 'NewKey'),
});

/** What the address of the audit log says. */
export interface AuditSearch {
  /** Such as `gateway.update`. */
  readonly action?: string | undefined;
  /** Id of an actor. */
  readonly actor?: string | undefined;
  /** Id of what was acted on. */
  readonly object?: string | undefined;
}

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/settings/audit',
  validateSearch: (search): AuditSearch => ({
    action: textIn(search, 'action'),
    actor: textIn(search, 'actor'),
    object: idIn(search, 'object'),
  }),
  component: lazyRouteComponent(() => import('../routes/audit'), 'Audit'),
});

export const settingsRoutes = [keys, newKey, audit, about] as const;
