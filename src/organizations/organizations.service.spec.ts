import { SYSTEM } from '../common/actor';
import type { DomainEvents } from '../events/domain-events';
import { silentLogger } from '../../test/unit-support/silent-logger';
import type { OrganizationNetworks } from './organization-networks';
import type { OrganizationRow } from './organization.entity';
import type { OrganizationsRepository } from './organizations.repository';
import { OrganizationsService } from './organizations.service';

describe('OrganizationsService', () => {
  const row = { id: 'acme', gatewayNetworks: ['10.1.0.0/16'] } as OrganizationRow;
  const repository: Pick<OrganizationsRepository, 'create' | 'update'> = {
    create: () => Promise.resolve({ row, isReplay: false }),
    update: () => Promise.resolve(row),
  };
  const lost: Pick<OrganizationNetworks, 'refresh'> = {
    refresh: () => Promise.reject(new Error('the database is gone')),
  };
  const service = new OrganizationsService(
    repository as OrganizationsRepository,
    lost as OrganizationNetworks,
    {} as DomainEvents,
    silentLogger(),
  );

  it('SEC-15: reports networks as stored although the database is lost right after the commit', async () => {
    const gatewayNetworks = ['10.1.0.0/16'];
    await expect(service.update(SYSTEM, 'acme', { gatewayNetworks })).resolves.toBe(row);
    await expect(service.create(SYSTEM, { name: 'Acme', gatewayNetworks })).resolves.toMatchObject({ row });
  });
});
