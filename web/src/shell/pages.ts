import type { LinkProps } from '@tanstack/react-router';
import type { IconName } from '../parts/icon';
import { useSession } from './session';
import type { Scope } from './session';

/** A page of the navigation, and what a key must be allowed to do for it. */
export interface PageEntry {
  readonly to: NonNullable<LinkProps['to']>;
  readonly label: string;
  readonly icon: IconName;
  readonly scope?: Scope;
}

const GROUPS: readonly (readonly PageEntry[])[] = [
  [
    { to: '/', label: 'Overview', icon: 'overview' },
    { to: '/gateways', label: 'Gateways', icon: 'gateways', scope: 'connections:read' },
    { to: '/sensors', label: 'Sensors', icon: 'sensors', scope: 'readings:read' },
    { to: '/factories', label: 'Factories', icon: 'factories', scope: 'factories:read' },
    { to: '/organizations', label: 'Organizations', icon: 'organizations', scope: 'organizations:read' },
  ],
  [
    { to: '/settings/keys', label: 'API keys', icon: 'keys', scope: 'keys:read' },
    { to: '/settings/audit', label: 'Audit log', icon: 'audit', scope: 'audit:read' },
    { to: '/settings/about', label: 'About', icon: 'about' },
  ],
];

/** The pages that the caller may see, in groups; no group is empty. */
export function usePages(): (readonly PageEntry[])[] {
  const { data } = useSession();
  const isAllowed = ({ scope }: PageEntry): boolean => scope === undefined || (data?.scopes.includes(scope) ?? false);
  return GROUPS.map((entries) => entries.filter(isAllowed)).filter((entries) => entries.length > 0);
}
