import { silentLogger } from '../../test/unit-support/silent-logger';
import { SYSTEM } from '../common/actor';
import { parseConfig } from '../config/config';
import type { DomainEvents } from '../events/domain-events';
import type { OrganizationNetworks } from '../organizations/organization-networks';
import type { GatewayRow } from './gateway.entity';
import type { GatewaysRepository } from './gateways.repository';
import { GatewaysService } from './gateways.service';

const row: GatewayRow = {
  id: '00000000-0000-4000-8000-000000000001',
  factoryId: '00000000-0000-4000-8000-0000000000f1',
  organizationId: '00000000-0000-4000-8000-0000000000a1',
  label: 'GW-1',
  name: 'Gateway 1',
  url: 'ws://10.0.0.7',
  email: 'ops@example.org',
  tls: null,
  model: null,
  firmwareVersion: null,
  clockZone: null,
  metadata: {},
  desiredState: 'connected',
  connectionVersion: 1,
  revision: 1,
  lastSeenAt: null,
  createdAt: new Date(),
  updatedAt: new Date(),
};

function aService(found: GatewayRow | null = row) {
  const announced: string[] = [];
  const repository: Pick<GatewaysRepository, 'setDesiredState'> = { setDesiredState: () => Promise.resolve(found) };
  const events: Pick<DomainEvents, 'publishAndWait'> = {
    publishAndWait: (name) => Promise.resolve(void announced.push(name)),
  };
  const networks: Pick<OrganizationNetworks, 'narrowed'> = { narrowed: new Map() };
  const service = new GatewaysService(
    repository as GatewaysRepository,
    events as DomainEvents,
    silentLogger(),
    parseConfig({}),
    networks as OrganizationNetworks,
  );
  return { service, announced };
}

describe('setDesiredState', () => {
  it('publishes the change only after the accompanying write is stored', async () => {
    const { service, announced } = aService();
    let finish: () => void = () => undefined;
    const stored = service.setDesiredState(SYSTEM, row.id, 'connected', new Promise((resolve) => (finish = resolve)));
    await new Promise(setImmediate);
    expect(announced).toEqual([]);
    finish();
    await stored;
    expect(announced).toEqual(['gateway.updated']);
  });

  it('rejects and publishes nothing when the accompanying write fails', async () => {
    const { service, announced } = aService();
    const down = new Error('the database is down');
    await expect(service.setDesiredState(SYSTEM, row.id, 'connected', Promise.reject(down))).rejects.toBe(down);
    expect(announced).toEqual([]);
  });

  it('rejects for a gateway that does not exist', async () => {
    const { service } = aService(null);
    await expect(service.setDesiredState(SYSTEM, row.id, 'connected')).rejects.toMatchObject({
      code: 'GATEWAY_NOT_FOUND',
    });
  });
});
