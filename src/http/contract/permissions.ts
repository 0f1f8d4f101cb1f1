/** What a caller may do, as `resource:action`. Every operation names one; nothing checks them yet. */
export type Permission =
  | 'organizations:read'
  | 'organizations:write'
  | 'factories:read'
  | 'factories:write'
  | 'gateways:read'
  | 'gateways:write'
  | 'gateways:test'
  | 'connections:read'
  /** Connect and disconnect. */
  | 'connections:order'
  /** Needs no permission, and never will: probes of orchestrators and load balancers. */
  | 'public';
