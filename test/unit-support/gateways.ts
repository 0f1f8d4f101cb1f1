import { Secret } from '../../src/crypto/secret';
import type { PublicGateway } from '../../src/events/domain-events';
import type { ConnectionTarget } from '../../src/gateways/connection-target';

/** A gateway that should be connected. Every call has the same id. */
export function aPublicGateway(changes: Partial<PublicGateway> = {}): PublicGateway {
  return {
    id: '00000000-0000-4000-8000-000000000001',
    factoryId: '00000000-0000-4000-8000-0000000000f1',
    organizationId: '00000000-0000-4000-8000-0000000000a1',
    label: 'GW-1',
    name: 'Gateway 1',
    desiredState: 'connected',
    connectionVersion: 1,
    revision: 1,
    lastSeenAt: null,
    ...changes,
  };
}

/** The target of a gateway whose login was accepted last, so that it is sent without a record. */
export function aConnectionTarget(gateway: PublicGateway, changes: Partial<ConnectionTarget> = {}): ConnectionTarget {
  return {
    gateway,
    gatewayId: gateway.id,
    organizationId: gateway.organizationId,
    url: `ws://10.0.0.7:500${gateway.connectionVersion}`,
    tls: null,
    email: 'ops@example.org',
    password: Secret.of('correct horse'),
    login: { accepted: true, refusals: 0, nextLoginAt: null },
    ...changes,
  };
}
