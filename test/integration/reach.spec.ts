import { SYSTEM } from '../../src/common/actor';
import type { Actor } from '../../src/common/actor';
import { UnknownFactoryError } from '../../src/factories/factory.errors';
import type { FactoryRow } from '../../src/factories/factory.entity';
import type { GatewayRow } from '../../src/gateways/gateway.entity';
import { ConnectionEvent } from '../../src/history/connection-event.entity';
import { ConnectionEventsRepository } from '../../src/history/connection-events.repository';
import { UnknownOrganizationError } from '../../src/organizations/organization.errors';
import { aChange } from '../support/events';
import { aNewGateway, Store } from './support/store';

const ALL = { limit: 100, offset: 0 };

let store: Store;
/** An actor of the other organization, and one of the organization that owns the rows. */
let stranger: Actor;
let owner: Actor;
let factory: FactoryRow;
let gateway: GatewayRow;

beforeAll(async () => {
  store = await Store.create();
});

afterAll(() => store.drop());

beforeEach(async () => {
  factory = await store.addFactory();
  gateway = await store.addGateway({ factoryId: factory.id });
  const elsewhere = await store.addFactory();
  owner = { ...SYSTEM, organizationId: factory.organizationId };
  stranger = { ...SYSTEM, organizationId: elsewhere.organizationId };
});

/** Everything that is stored of the owner's rows. */
async function snapshot(): Promise<unknown> {
  return Promise.all([
    store.rowOf('organizations', factory.organizationId),
    store.rowOf('factories', factory.id),
    store.rowOf('gateways', gateway.id),
  ]);
}

describe('an actor of another organization', () => {
  it('SEC-09: finds none of the rows by id', async () => {
    expect(await store.organizations.findById(stranger, factory.organizationId)).toBeNull();
    expect(await store.factories.findById(stranger, factory.id)).toBeNull();
    expect(await store.gateways.findById(stranger, gateway.id)).toBeNull();
    expect(await store.gateways.findTargets(stranger, [gateway.id])).toEqual([]);

    expect(await store.organizations.findById(owner, factory.organizationId)).not.toBeNull();
    expect(await store.factories.findById(owner, factory.id)).not.toBeNull();
    expect(await store.gateways.findById(owner, gateway.id)).not.toBeNull();
    expect(await store.gateways.findTargets(owner, [gateway.id])).toHaveLength(1);
  });

  it('SEC-09: sees none of them in lists, totals and searches', async () => {
    const { organizationId } = factory;
    expect(await store.organizations.findAll(owner, ALL)).toMatchObject({ total: 1, items: [{ id: organizationId }] });
    expect(await store.factories.findAll(owner, ALL)).toMatchObject({ total: 1, items: [{ id: factory.id }] });
    expect(await store.gateways.findAll(owner, ALL)).toMatchObject({ total: 1, items: [{ id: gateway.id }] });

    const nothing = { total: 0, items: [] };
    expect(await store.organizations.findAll(stranger, { ...ALL, search: 'Acme' })).toMatchObject({ total: 1 });
    expect(await store.factories.findAll(stranger, { ...ALL, organizationId })).toEqual(nothing);
    expect(await store.factories.findByOrganization(stranger, organizationId, ALL)).toEqual(nothing);
    expect(await store.gateways.findAll(stranger, { ...ALL, factoryId: factory.id })).toEqual(nothing);
    expect(await store.gateways.findAll(stranger, { ...ALL, search: gateway.name })).toEqual(nothing);
    expect(await store.gateways.findActive(stranger)).toEqual([]);
    expect(await store.gateways.findRevisions(stranger)).toEqual([]);
    expect(await store.gateways.findRevisions(owner)).toHaveLength(1);
  });

  it('SEC-09: changes and deletes none of them, and leaves no trace in the audit log', async () => {
    const before = await snapshot();

    expect(await store.organizations.update(stranger, factory.organizationId, { name: 'x' })).toBeNull();
    expect(await store.organizations.softDelete(stranger, factory.organizationId, true)).toBeNull();
    expect(await store.factories.update(stranger, factory.id, { name: 'x' })).toBeNull();
    expect(await store.factories.softDelete(stranger, factory.id)).toBeNull();
    expect(await store.gateways.update(stranger, gateway.id, { name: 'x' })).toBeNull();
    expect(await store.gateways.update(stranger, gateway.id, { url: 'ws://10.0.0.66' })).toBeNull();
    expect(await store.gateways.setDesiredState(stranger, gateway.id, 'disconnected')).toBeNull();
    expect(await store.gateways.softDelete(stranger, gateway.id)).toBe(false);

    expect(await snapshot()).toEqual(before);
    const traces = `SELECT FROM audit_log WHERE organization_id = $1 AND action NOT LIKE '%.create'`;
    expect(await store.dataSource.query(traces, [factory.organizationId])).toEqual([]);
  });

  it('SEC-09: does not learn from If-Match that a row exists', async () => {
    const condition = { ifMatch: [99] };
    expect(await store.factories.update(stranger, factory.id, { name: 'x' }, condition)).toBeNull();
    expect(await store.gateways.softDelete(stranger, gateway.id, condition)).toBe(false);
    expect(await store.gateways.update(stranger, gateway.id, { url: 'ws://10.0.0.66' }, condition)).toBeNull();
  });

  it('SEC-09: cannot put rows below them', async () => {
    const { id, organizationId } = factory;
    await expect(store.factories.create(stranger, { organizationId, name: 'x' })).rejects.toThrow(
      UnknownOrganizationError,
    );
    await expect(store.gateways.create(stranger, aNewGateway(id))).rejects.toThrow(UnknownFactoryError);

    const own = await store.addFactory({ organizationId: stranger.organizationId ?? '' });
    const { id: ownGateway } = await store.addGateway({ factoryId: own.id });
    await expect(store.gateways.update(stranger, ownGateway, { factoryId: id })).rejects.toThrow(UnknownFactoryError);
  });

  it('SEC-09: reads no history of them', async () => {
    const events = new ConnectionEventsRepository(store.dataSource.getRepository(ConnectionEvent));
    await events.store([aChange(gateway.id)]);
    expect((await events.findPage(owner, gateway.id, { limit: 10 })).items).toHaveLength(1);
    expect((await events.findPage(stranger, gateway.id, { limit: 10 })).items).toEqual([]);
  });
});

it('SEC-10: two organizations use one gateway_id', async () => {
  const elsewhere = await store.addFactory();
  const { label } = gateway;
  expect(await store.addGateway({ factoryId: elsewhere.id, label })).toMatchObject({ label });
});
