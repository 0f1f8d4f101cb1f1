import type { EntityManager } from 'typeorm';
import { ApiKey } from '../../src/api-keys/api-key.entity';
import { ApiKeysRepository } from '../../src/api-keys/api-keys.repository';
import { generateKey } from '../../src/common/api-key-format';
import { SYSTEM } from '../../src/common/actor';
import { eventually } from '../support/eventually';
import { queryOnce } from './support/catalog';
import { Store } from './support/store';

let store: Store;
let keys: ApiKeysRepository;

beforeEach(async () => {
  store = await Store.create();
  keys = new ApiKeysRepository(store.dataSource.getRepository(ApiKey));
});

afterEach(() => store.drop());

/** The keys as a transaction that is not committed yet sees and changes them. */
function keysIn(manager: EntityManager): ApiKeysRepository {
  return new ApiKeysRepository(manager.getRepository(ApiKey));
}

async function untilOneWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  await eventually(async () => expect(await queryOnce(store.database, waiting)).toHaveLength(1));
}

describe('the first key', () => {
  it('SEC-11: is stored once by services that start at the same time', async () => {
    const key = generateKey();
    let second: Promise<unknown> = Promise.resolve();
    await store.dataSource.transaction(async (manager) => {
      expect(await keysIn(manager).createFirst(SYSTEM, 'bootstrap', key)).not.toBeNull();
      second = keys.createFirst(SYSTEM, 'bootstrap', key);
      await untilOneWaits();
    });
    expect(await second).toBeNull();
    expect(await queryOnce(store.database, `SELECT action FROM audit_log`)).toEqual([{ action: 'key.create' }]);
  });
});

describe('the keys of an organization that is deleted', () => {
  it('SEC-04: end, even one that replaces another at the same time', async () => {
    const { row: organization } = await store.organizations.create(SYSTEM, { name: 'Acme' });
    const draft = { name: 'k', role: 'viewer', organizationId: organization.id } as const;
    const old = await keys.create(SYSTEM, draft, generateKey());
    let deletion: Promise<unknown> = Promise.resolve();
    await store.dataSource.transaction(async (manager) => {
      expect(await keysIn(manager).rotate(SYSTEM, old?.id ?? '', generateKey(), 0)).not.toBeNull();
      deletion = store.organizations.softDelete(SYSTEM, organization.id, false);
      await untilOneWaits();
    });
    await deletion;
    expect(await keys.findUsable(null)).toEqual([]);
  });
});
