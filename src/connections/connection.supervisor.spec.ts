/** @jest-environment node */
import { EVERYWHERE } from '../common/actor';
import type { Reach } from '../common/actor';
import { aFeed } from '../../test/support/state-changes';
import { aDatabaseProbe } from '../../test/unit-support/database-probe';
import { FakeTransport, accept, answerPings } from '../../test/unit-support/fake-transport';
import type { FakeSocket } from '../../test/unit-support/fake-transport';
import { Gate } from '../../test/unit-support/gate';
import { aConnectionTarget, aPublicGateway } from '../../test/unit-support/gateways';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { parseConfig } from '../config/config';
import type { PublicGateway } from '../events/domain-events';
import type { ConnectionTarget, GatewayRevision } from '../gateways/connection-target';
import type { GatewayLoginsRepository, LoginOutcome } from '../login-budget/gateway-logins.repository';
import type { GatewayAccountsRepository } from '../login-budget/gateway-accounts.repository';
import type { GatewaysService } from '../gateways/gateways.service';
import { AccountBudget } from '../login-budget/account-budget';
import { Assignment } from '../status/assignment';
import { shardOf } from '../ownership/shard';
import type { Shards } from '../ownership/ownership';
import { ConnectionRegistry } from '../status/connection.registry';
import { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionTools } from './connection-tools';
import { GatewayInbox } from './session/gateway-inbox';
import { SessionFigures } from './session/session-figures';
import { LastSeenWriter } from '../status/last-seen.writer';
import type { OrganizationNetworks } from '../organizations/organization-networks';
import type { Ownership } from '../ownership/ownership';
import { Readiness } from '../status/readiness';
import { LoginBudget } from '../login-budget/login-budget';
import type { Endpoint, SocketListener } from '../gateway-client/transport/transport';

const logger = silentLogger();
const down = new Error('the database is down');

/** The part of the service that the supervisor and its collaborators use; the compiler checks the fake against it. */
type UsedOfGateways = Pick<
  GatewaysService,
  'findActive' | 'findConnectionTargets' | 'findRevisions' | 'recordSightings'
>;
type UsedOfLogins = Pick<GatewayLoginsRepository, 'recordTries' | 'recordOutcomes'>;
type UsedOfAccounts = Pick<GatewayAccountsRepository, 'accountOf' | 'recordTries' | 'recordOutcomes'>;

/** A table whose answers can be held back (`hold`) and whose server can be down (`isDown`). */
class FakeGateways implements UsedOfGateways {
  readonly rows = new Map<string, PublicGateway>();
  readonly reads: string[][] = [];
  readonly sightings: string[] = [];
  readonly outcomes: LoginOutcome[] = [];
  isDown = false;
  private readonly gate = new Gate();

  findActive(): Promise<ConnectionTarget[]> {
    return this.answer(() => this.all().filter(isWanted).map(toTarget));
  }

  findConnectionTargets(_reach: Reach, ids: readonly string[]): Promise<ConnectionTarget[]> {
    this.reads.push([...ids]);
    return this.answer(() =>
      this.all()
        .filter(({ id }) => ids.includes(id))
        .map(toTarget),
    );
  }

  findRevisions(): Promise<GatewayRevision[]> {
    return this.answer(() => this.all());
  }

  recordSightings(sightings: readonly { gatewayId: string }[]): Promise<string[]> {
    return this.answer(() => {
      const ids = sightings.map(({ gatewayId }) => gatewayId);
      this.sightings.push(...ids);
      return ids;
    });
  }

  readonly logins: UsedOfLogins = {
    recordTries: (tries) => this.answer(() => tries.map(() => 'granted')),
    recordOutcomes: (outcomes) =>
      this.answer(() => {
        if (!this.isDown) this.outcomes.push(...outcomes);
        return outcomes.map(({ gatewayId }) => gatewayId);
      }),
  };

  readonly accounts: UsedOfAccounts = {
    accountOf: ({ url, email }) => `${url} ${email}`,
    recordTries: (tries) =>
      this.answer(() => tries.map(({ account, tries }) => ({ account, refusals: tries, leftMs: 3_600_000 }))),
    recordOutcomes: () => this.answer(() => undefined),
  };

  /** Later queries read the table at once, but their answers are held back until the returned function is called. */
  hold(): () => void {
    return this.gate.hold();
  }

  private all(): PublicGateway[] {
    return [...this.rows.values()];
  }

  private async answer<Result>(read: () => Result): Promise<Result> {
    const { isDown } = this;
    const result = read();
    await this.gate.pass();
    if (isDown) throw down;
    return result;
  }
}

class TransportToAll extends FakeTransport {
  override open(endpoint: Endpoint, listener: SocketListener): FakeSocket {
    const socket = super.open(endpoint, listener);
    answerPings(socket);
    return socket;
  }

  /** The sockets to one gateway. */
  to({ id }: PublicGateway): FakeSocket[] {
    return this.sockets.filter(({ url }) => url.startsWith(urlOf(id)));
  }
}

function isWanted({ desiredState }: PublicGateway): boolean {
  return desiredState === 'connected';
}

function urlOf(id: string): string {
  return `ws://gateway-${id}/`;
}

function toTarget(gateway: PublicGateway): ConnectionTarget {
  return aConnectionTarget(gateway, { url: `${urlOf(gateway.id)}${gateway.connectionVersion}` });
}

let count = 0;
let clock = 0;

/** The row after a change, with a new revision. */
function changed(gateway: PublicGateway, changes: Partial<PublicGateway>): PublicGateway {
  clock += 1;
  return { ...gateway, ...changes, revision: clock };
}

function aGateway(changes: Partial<PublicGateway> = {}): PublicGateway {
  count += 1;
  const id = `${count}`.padStart(4, '0');
  return changed(aPublicGateway({ id, label: `GW-${id}`, name: id }), changes);
}

function aSupervisor(...rows: PublicGateway[]) {
  const gateways = new FakeGateways();
  const table = {
    write: (row: PublicGateway) => {
      gateways.rows.set(row.id, row);
      return row;
    },
    delete: ({ id }: PublicGateway) => gateways.rows.delete(id),
  };
  rows.forEach(table.write);

  const service = gateways as UsedOfGateways as GatewaysService;
  const registry = new ConnectionRegistry(aFeed());
  const lastSeen = new LastSeenWriter(service, registry, logger);
  const transport = new TransportToAll();
  const config = parseConfig({ CONNECT_RATE_PER_SECOND: '1000' });
  const database = aDatabaseProbe(() => !gateways.isDown);
  const logins = new LoginBudget(gateways.logins as GatewayLoginsRepository, database, logger);
  const accounts = new AccountBudget(gateways.accounts as GatewayAccountsRepository, logger);
  const ownership: Pick<Ownership, 'mayConnect'> = { mayConnect: () => true };
  const networks: Pick<OrganizationNetworks, 'narrowed'> = { narrowed: new Map() };
  const inbox = new GatewayInbox(logger);
  const tools = Object.assign(
    new ConnectionTools(
      config,
      networks as OrganizationNetworks,
      registry,
      logins,
      accounts,
      inbox,
      new SessionFigures(),
      lastSeen,
      ownership as Ownership,
      logger,
    ),
    { transport },
  );
  const assignment = new Assignment();
  const readiness = new Readiness();
  const supervisor = new ConnectionSupervisor(service, registry, assignment, readiness, lastSeen, tools, logger);
  const stateOf = ({ id }: PublicGateway) => registry.find(EVERYWHERE, id)?.state ?? null;

  return {
    supervisor,
    readiness,
    gateways,
    table,
    transport,
    registry,
    stateOf,
    /** Lets pending dials happen, then logs in every living socket. */
    allLogIn: async () => {
      await settle();
      for (const socket of transport.sockets.filter(({ isGone, isClosing }) => !isGone && !isClosing)) socket.logsIn();
    },
    /** Releases the gateways that the supervisor holds; all of them answer the close at once. */
    stop: async (held: Shards = 'all') => {
      const stopped = held === 'all' ? supervisor.release() : supervisor.give(held);
      transport.sockets.forEach((socket) => socket.ends());
      await stopped;
    },
  };
}

type Harness = ReturnType<typeof aSupervisor>;

async function aRunning(...rows: PublicGateway[]): Promise<Harness> {
  const harness = aSupervisor(...rows);
  await harness.supervisor.assign('all');
  await harness.allLogIn();
  return harness;
}

const settle = () => jest.advanceTimersByTimeAsync(10);

describe('ConnectionSupervisor', () => {
  // Reads are batched with `nextTick`, which must not be faked.
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  describe('the start', () => {
    it('accepts a row that was restored from a backup, and reads it once', async () => {
      const old = aGateway({ name: 'Restored' });
      const harness = await aRunning(changed(old, { name: 'Newer', connectionVersion: 3 }));
      harness.table.write(old);

      const first = harness.supervisor.reconcile();
      await settle();
      await first;
      await settle();
      harness.transport.sockets[0]?.ends();
      await harness.allLogIn();
      const { length } = harness.gateways.reads;
      await harness.supervisor.reconcile();

      expect(harness.registry.find(EVERYWHERE, old.id)?.gateway).toMatchObject({
        name: 'Restored',
        revision: old.revision,
      });
      expect(harness.transport.sockets).toHaveLength(2);
      expect(harness.stateOf(old)).toBe('connected');
      expect(harness.gateways.reads).toHaveLength(length);
      await harness.stop();
    });

    it('ORCH-03: dials every active gateway, and registers the others', async () => {
      const [active, other, idle] = [aGateway(), aGateway(), aGateway({ desiredState: 'disconnected' })];
      const { readiness, transport, registry, stateOf, stop } = await aRunning(active, other, idle);
      expect(readiness.isReady).toBe(true);
      expect([active, other, idle].map(stateOf)).toEqual(['connected', 'connected', 'disconnected']);
      expect(transport.sockets).toHaveLength(2);
      expect(registry.countByState(EVERYWHERE)).toMatchObject({ connected: 2, disconnected: 1 });
      await stop();
    });

    it('reads active gateways in bulk, and each of the others once', async () => {
      const idle = Array.from({ length: 5 }, () => aGateway({ desiredState: 'disconnected' }));
      const { gateways, stop } = await aRunning(aGateway(), aGateway(), ...idle);
      expect(gateways.reads).toEqual([idle.map(({ id }) => id)]);
      await stop();
    });

    it('rejects when the table cannot be read', async () => {
      const { supervisor, readiness, gateways } = aSupervisor(aGateway());
      gateways.isDown = true;
      await expect(supervisor.assign('all')).rejects.toBe(down);
      expect(readiness.isReady).toBe(false);
      await supervisor.release();
    });

    it('STATUS-01: is not ready before it has read the fleet', async () => {
      const { supervisor, readiness, gateways, stop } = aSupervisor(aGateway());
      const release = gateways.hold();
      const started = supervisor.assign('all');
      await settle();
      expect(readiness.isReady).toBe(false);
      release();
      await started;
      expect(readiness.isReady).toBe(true);
      await stop();
      expect(readiness.isReady).toBe(false);
    });

    it('applies events that arrive while it reads', async () => {
      const [renamed, gone] = [aGateway(), aGateway()];
      const { supervisor, gateways, table, registry, transport, stop } = aSupervisor(renamed, gone);
      const release = gateways.hold();
      const started = supervisor.assign('all');
      supervisor.onUpdated({ gateway: table.write(changed(renamed, { name: 'new name' })) });
      table.delete(gone);
      supervisor.onDeleted({ gatewayId: gone.id });
      const created = table.write(aGateway());
      supervisor.onCreated({ gateway: created });
      release();
      await started;
      await settle();
      expect(registry.find(EVERYWHERE, renamed.id)?.gateway.name).toBe('new name');
      expect(registry.find(EVERYWHERE, gone.id)).toBeNull();
      expect(transport.to(gone)).toHaveLength(0);
      expect(transport.to(created)).toHaveLength(1);
      await stop();
    });

    it('LIFECYCLE-05: starts no session when it is stopped while it reads', async () => {
      const { supervisor, readiness, gateways, registry, transport } = aSupervisor(aGateway());
      const release = gateways.hold();
      const started = supervisor.assign('all');
      await supervisor.release();
      release();
      await started;
      await settle();
      expect(readiness.isReady).toBe(false);
      expect(transport.sockets).toHaveLength(0);
      expect(registry.countByState(EVERYWHERE)).toMatchObject({ connecting: 0 });
    });
  });

  it('STATUS-01: does not become ready by a stopped start while the next one reads', async () => {
    const { supervisor, readiness, gateways, stop } = aSupervisor(aGateway());
    const releaseFirst = gateways.hold();
    const first = supervisor.assign('all');
    await supervisor.release();
    const releaseSecond = gateways.hold();
    const second = supervisor.assign('all');
    releaseFirst();
    await settle();
    expect(readiness.isReady).toBe(false);
    releaseSecond();
    await Promise.all([first, second]);
    expect(readiness.isReady).toBe(true);
    await stop();
  });

  describe('a part of the fleet', () => {
    it('is assigned by id: other gateways are neither dialled nor registered', async () => {
      const [mine, other] = [aGateway(), aGateway()];
      const { supervisor, readiness, registry, table, transport, stateOf, stop } = aSupervisor(mine, other);
      await supervisor.assign([shardOf(mine.id)]);
      await settle();
      expect(readiness.isReady).toBe(true);
      expect([stateOf(mine), stateOf(other)]).toEqual(['connecting', null]);

      supervisor.onUpdated({ gateway: table.write(changed(other, { name: 'new name' })) });
      supervisor.onCreated({ gateway: table.write(aGateway()) });
      await supervisor.reconcile();
      await settle();
      expect(registry.countByState(EVERYWHERE)).toMatchObject({ connecting: 1, disconnected: 0 });
      expect(transport.sockets).toHaveLength(1);
      await stop([shardOf(mine.id)]);
    });

    it('is assigned in addition to what is already held', async () => {
      const [first, second] = [aGateway(), aGateway()];
      const { supervisor, stateOf, stop } = aSupervisor(first, second);
      await supervisor.assign([shardOf(first.id)]);
      await supervisor.assign([shardOf(second.id)]);
      expect([first, second].map(stateOf)).toEqual(['connecting', 'connecting']);
      await stop([shardOf(first.id), shardOf(second.id)]);
    });

    it('is released by id: its socket closes, its last-seen time is stored, and the rest stays connected', async () => {
      const [mine, other] = [aGateway(), aGateway()];
      const { supervisor, readiness, gateways, transport, stateOf, allLogIn, stop } = aSupervisor(mine, other);
      await supervisor.assign([shardOf(mine.id), shardOf(other.id)]);
      await settle();
      await allLogIn();
      const released = supervisor.give([shardOf(mine.id)]);
      expect(transport.to(mine)[0]?.isClosing).toBe(true);
      transport.to(mine)[0]?.ends();
      await released;
      expect(gateways.sightings).toContain(mine.id);
      expect([stateOf(mine), stateOf(other)]).toEqual([null, 'connected']);
      expect(readiness.isReady).toBe(true);
      await stop([shardOf(other.id)]);
      expect(readiness.isReady).toBe(true); // Other processes have the gateways, and this one goes on.
    });

    it('has no second socket when it is assigned again while the first one closes', async () => {
      const gateway = aGateway();
      const { supervisor, transport, stateOf, allLogIn, stop } = aSupervisor(gateway);
      await supervisor.assign([shardOf(gateway.id)]);
      await settle();
      await allLogIn();
      const released = supervisor.give([shardOf(gateway.id)]);
      await supervisor.assign([shardOf(gateway.id)]);
      await settle();
      expect(transport.to(gateway)).toHaveLength(1);
      transport.to(gateway)[0]?.ends();
      await released;
      await settle();
      expect(transport.to(gateway)).toHaveLength(2);
      expect(stateOf(gateway)).toBe('connecting');
      await stop([shardOf(gateway.id)]);
    });
  });

  describe('events', () => {
    it('LIFECYCLE-01: a created gateway is known at once, and dialled', async () => {
      const { supervisor, table, transport, stateOf, stop } = await aRunning();
      const gateway = table.write(aGateway());
      supervisor.onCreated({ gateway });
      expect(stateOf(gateway)).toBe('connecting');
      await settle();
      expect(transport.to(gateway)).toHaveLength(1);
      await stop();
    });

    it('LIFECYCLE-02: a new version is shown at once, and dialled when the old socket is gone', async () => {
      const gateway = aGateway();
      const { supervisor, table, transport, stateOf, stop } = await aRunning(gateway);
      supervisor.onUpdated({ gateway: table.write(changed(gateway, { connectionVersion: 2 })) });
      expect(stateOf(gateway)).toBe('connecting');
      await settle();
      expect(transport.sockets).toHaveLength(1);
      transport.sockets[0]?.ends();
      await settle();
      expect(transport.sockets.map(({ url }) => url.at(-1))).toEqual(['1', '2']);
      await stop();
    });

    it('LIFECYCLE-03: a deleted gateway is gone from the registry at once, and its socket is closed', async () => {
      const gateway = aGateway();
      const { supervisor, table, transport, registry, stop } = await aRunning(gateway);
      table.delete(gateway);
      supervisor.onDeleted({ gatewayId: gateway.id });
      expect(registry.find(EVERYWHERE, gateway.id)).toBeNull();
      expect(transport.sockets[0]?.isClosing).toBe(true);
      await stop();
    });

    it('cause one read of the table, however many there are', async () => {
      const rows = Array.from({ length: 20 }, () => aGateway());
      const { supervisor, gateways, table, stop } = await aRunning(...rows);
      for (const row of rows) supervisor.onUpdated({ gateway: table.write(changed(row, { connectionVersion: 2 })) });
      await settle();
      expect(gateways.reads).toHaveLength(1);
      await stop();
    });

    it('cause no read of a row that no session waits for', async () => {
      const [wanted, unwanted] = [aGateway(), aGateway({ desiredState: 'disconnected' })];
      const { supervisor, gateways, table, registry, stop } = await aRunning(wanted, unwanted);
      gateways.reads.length = 0;
      supervisor.onUpdated({ gateway: table.write(changed(wanted, { name: 'again' })) });
      supervisor.onUpdated({ gateway: table.write(changed(unwanted, { connectionVersion: 2 })) });
      await settle();
      expect(gateways.reads).toEqual([]);
      expect(registry.find(EVERYWHERE, wanted.id)?.gateway.name).toBe('again');
      await stop();
    });

    it('that arrive in the wrong order leave the newest row in effect', async () => {
      const gateway = aGateway();
      const { supervisor, table, registry, transport, stop } = await aRunning(gateway);
      const first = changed(gateway, { desiredState: 'disconnected', name: 'first' });
      const second = table.write(changed(gateway, { desiredState: 'connected', name: 'second' }));
      supervisor.onUpdated({ gateway: second });
      supervisor.onUpdated({ gateway: first });
      await settle();
      expect(registry.find(EVERYWHERE, gateway.id)).toMatchObject({ state: 'connected', gateway: { name: 'second' } });
      expect(transport.sockets).toHaveLength(1);
      expect(transport.sockets[0]?.isClosing).toBe(false);
      await stop();
    });

    it('SEC-15: other networks of an organization have the addresses of its sessions checked, and of no others', async () => {
      const [theirs, others] = [aGateway(), aGateway({ organizationId: 'other' })];
      const harness = await aRunning(theirs, others);
      harness.supervisor.onNetworksChanged({ organizationId: theirs.organizationId });
      expect(harness.transport.sockets.map(({ checks }) => checks)).toEqual([1, 0]);
      await harness.stop();
    });

    it('are ignored while it does not hold the sessions', async () => {
      const { supervisor, registry, table, transport } = aSupervisor();
      const gateway = table.write(aGateway());
      supervisor.onCreated({ gateway });
      supervisor.onDeleted({ gatewayId: gateway.id });
      await supervisor.connect(gateway.id);
      await settle();
      expect(registry.find(EVERYWHERE, gateway.id)).toBeNull();
      expect(transport.sockets).toHaveLength(0);
    });
  });

  describe('a deleted gateway', () => {
    it('is not brought back by a read that began before the deletion', async () => {
      const gateway = aGateway();
      const { supervisor, gateways, table, registry, transport, stop } = await aRunning(gateway);
      const release = gateways.hold();
      supervisor.onUpdated({ gateway: table.write(changed(gateway, { connectionVersion: 2 })) });
      await settle(); // The read has begun and has seen the row.
      table.delete(gateway);
      supervisor.onDeleted({ gatewayId: gateway.id });
      transport.sockets[0]?.ends();
      release();
      await settle();
      expect(registry.find(EVERYWHERE, gateway.id)).toBeNull();
      expect(transport.sockets).toHaveLength(1);
      await stop();
    });

    it('is not brought back by a reconciliation that began before, nor by a late event', async () => {
      const gateway = aGateway();
      const { supervisor, gateways, table, registry, stop } = await aRunning(gateway);
      const release = gateways.hold();
      const reconciled = supervisor.reconcile();
      table.delete(gateway);
      supervisor.onDeleted({ gatewayId: gateway.id });
      supervisor.onUpdated({ gateway: changed(gateway, { name: 'late' }) });
      release();
      await reconciled;
      await settle();
      expect(registry.find(EVERYWHERE, gateway.id)).toBeNull();
      await stop();
    });

    it('delays the stop until its socket is gone', async () => {
      const gateway = aGateway();
      const { supervisor, table, transport } = await aRunning(gateway);
      table.delete(gateway);
      supervisor.onDeleted({ gatewayId: gateway.id });
      const stopped = jest.fn();
      const stopping = supervisor.release().then(stopped);
      await settle();
      expect(stopped).not.toHaveBeenCalled();
      transport.sockets[0]?.ends();
      await stopping;
      expect(stopped).toHaveBeenCalled();
    });
  });

  describe('reconcile', () => {
    it('makes up for a lost creation', async () => {
      const { supervisor, table, transport, stateOf, stop } = await aRunning();
      const gateway = table.write(aGateway());
      await supervisor.reconcile();
      await settle();
      expect(stateOf(gateway)).toBe('connecting');
      expect(transport.to(gateway)).toHaveLength(1);
      await stop();
    });

    it('makes up for lost changes of the address, the desired state and the name', async () => {
      const [moved, unwanted, renamed] = [aGateway(), aGateway(), aGateway()];
      const { supervisor, table, registry, transport, stop } = await aRunning(moved, unwanted, renamed);
      table.write(changed(moved, { connectionVersion: 2 }));
      table.write(changed(unwanted, { desiredState: 'disconnected' }));
      table.write(changed(renamed, { name: 'new name' }));
      await supervisor.reconcile();
      transport.sockets.filter(({ isClosing }) => isClosing).forEach((socket) => socket.ends());
      await settle();
      expect(transport.to(moved).map(({ url }) => url.at(-1))).toEqual(['1', '2']);
      expect(registry.find(EVERYWHERE, unwanted.id)?.state).toBe('disconnected');
      expect(registry.find(EVERYWHERE, renamed.id)).toMatchObject({
        state: 'connected',
        gateway: { name: 'new name' },
      });
      expect(transport.to(renamed)).toHaveLength(1);
      await stop();
    });

    it('makes up for a lost deletion', async () => {
      const gateway = aGateway();
      const { supervisor, table, registry, transport, stop } = await aRunning(gateway);
      table.delete(gateway);
      await supervisor.reconcile();
      expect(registry.find(EVERYWHERE, gateway.id)).toBeNull();
      expect(transport.sockets[0]?.isClosing).toBe(true);
      await stop();
    });

    it('reads no rows and changes nothing when everything matches', async () => {
      const { supervisor, gateways, transport, stop } = await aRunning(aGateway(), aGateway());
      gateways.reads.length = 0;
      await supervisor.reconcile();
      expect(gateways.reads).toEqual([]);
      expect(transport.sockets).toHaveLength(2);
      await stop();
    });

    it('changes nothing when the table cannot be read', async () => {
      const [gateway, other] = [aGateway(), aGateway()];
      const { supervisor, gateways, transport, stateOf, stop } = await aRunning(gateway, other);
      gateways.isDown = true;
      await expect(supervisor.reconcile()).rejects.toBe(down);
      expect([gateway, other].map(stateOf)).toEqual(['connected', 'connected']);
      expect(transport.sockets.some(({ isClosing }) => isClosing)).toBe(false);

      gateways.isDown = false;
      await expect(supervisor.reconcile()).resolves.toBeUndefined();
      await stop();
    });

    it('reads a gateway that seems to be missing again before it removes it', async () => {
      const { supervisor, gateways, table, stateOf, stop } = await aRunning();
      const release = gateways.hold();
      const reconciled = supervisor.reconcile(); // Sees the table without the gateway that is created next.
      const gateway = table.write(aGateway());
      supervisor.onCreated({ gateway });
      release();
      await reconciled;
      await settle();
      expect(stateOf(gateway)).toBe('connecting');
      await stop();
    });

    it('keeps a gateway that is missing from the list when it cannot be read again', async () => {
      const gateway = aGateway();
      const { supervisor, gateways, table, stateOf, stop } = await aRunning(gateway);
      table.delete(gateway);
      const release = gateways.hold();
      const reconciled = supervisor.reconcile();
      gateways.isDown = true;
      release();
      await reconciled;
      expect(stateOf(gateway)).toBe('connected');

      gateways.isDown = false;
      await jest.advanceTimersByTimeAsync(1000);
      expect(stateOf(gateway)).toBeNull();
      await stop();
    });

    it('runs once at a time', async () => {
      const { supervisor, gateways, stop } = await aRunning(aGateway());
      const find = jest.spyOn(gateways, 'findRevisions');
      await Promise.all([supervisor.reconcile(), supervisor.reconcile()]);
      expect(find).toHaveBeenCalledTimes(1);
      await supervisor.reconcile();
      expect(find).toHaveBeenCalledTimes(2);
      await stop();
    });
  });

  describe('a row that cannot be read', () => {
    it('is read again until that succeeds, and the session waits for it', async () => {
      const { supervisor, gateways, table, transport, stateOf, stop } = await aRunning();
      const gateway = table.write(aGateway());
      gateways.isDown = true;
      supervisor.onCreated({ gateway });
      await jest.advanceTimersByTimeAsync(5000);
      expect(stateOf(gateway)).toBe('connecting');
      expect(transport.sockets).toHaveLength(0);

      gateways.isDown = false;
      await jest.advanceTimersByTimeAsync(1000);
      expect(transport.to(gateway)).toHaveLength(1);
      await stop();
    });

    it('does not delay other rows, and leaves no timer after the stop', async () => {
      const { supervisor, gateways, table, transport, stop } = await aRunning();
      const [first, second] = [table.write(aGateway()), table.write(aGateway())];
      gateways.isDown = true;
      supervisor.onCreated({ gateway: first });
      await settle();
      gateways.isDown = false;
      supervisor.onCreated({ gateway: second });
      await settle();
      expect(transport.to(second)).toHaveLength(1);
      expect(jest.getTimerCount()).toBeGreaterThan(0);
      await stop();
    });
  });

  describe('connect', () => {
    it('STATUS-02: dials at once with the row as it is now', async () => {
      const gateway = aGateway();
      const { supervisor, gateways, transport, stop } = await aRunning(gateway);
      gateways.reads.length = 0;
      transport.sockets[0]?.ends();
      await supervisor.connect(gateway.id);
      await settle();
      expect(gateways.reads).toEqual([[gateway.id]]);
      expect(transport.sockets).toHaveLength(2);
      await stop();
    });

    it('STATUS-02: dials with the last known row while the database is down', async () => {
      const gateway = aGateway();
      const { supervisor, gateways, transport, stop } = await aRunning(gateway);
      gateways.isDown = true;
      transport.sockets[0]?.ends();
      await supervisor.connect(gateway.id);
      await settle();
      expect(transport.sockets).toHaveLength(2);
      await stop();
    });

    it('STATUS-03: dials nothing when a disconnect overtook it', async () => {
      const gateway = aGateway();
      const { supervisor, gateways, table, transport, stateOf, stop } = await aRunning(gateway);
      transport.sockets[0]?.ends();
      const release = gateways.hold();
      const connecting = supervisor.connect(gateway.id);
      supervisor.onUpdated({ gateway: table.write(changed(gateway, { desiredState: 'disconnected' })) });
      release();
      await connecting;
      await settle();
      expect(stateOf(gateway)).toBe('disconnected');
      expect(transport.sockets).toHaveLength(1);
      await stop();
    });
  });

  describe('the stop', () => {
    it('LIFECYCLE-05: closes every socket, stores when each gateway was last seen, and clears the registry', async () => {
      const [gateway, other] = [aGateway(), aGateway()];
      const { supervisor, gateways, transport, registry } = await aRunning(gateway, other);
      const stopped = jest.fn();
      const stopping = supervisor.release().then(stopped);
      expect(transport.sockets.every(({ isClosing }) => isClosing)).toBe(true);
      transport.sockets[0]?.ends();
      await settle();
      expect(stopped).not.toHaveBeenCalled();

      transport.sockets[1]?.ends();
      await stopping;
      expect(gateways.sightings.toSorted()).toEqual([gateway.id, other.id]);
      expect(registry.findAll(EVERYWHERE, { limit: 1, offset: 0 }).total).toBe(0);
    });

    it('stores outcomes of logins that could not be stored before', async () => {
      const gateway = aGateway();
      const { supervisor, gateways, table, transport, stop } = await aRunning(gateway);
      supervisor.onUpdated({ gateway: table.write(changed(gateway, { connectionVersion: 2 })) });
      transport.sockets[0]?.ends();
      await settle();
      const [, socket] = transport.sockets;
      socket?.opens();
      await settle();
      gateways.isDown = true;
      socket?.says(accept);
      await settle();
      expect(gateways.outcomes).toEqual([]);

      gateways.isDown = false;
      await stop();
      expect(gateways.outcomes).toMatchObject([{ gatewayId: gateway.id, connectionVersion: 2, isAccepted: true }]);
    });

    it('closes the sockets without waiting for a database that is down', async () => {
      const { supervisor, gateways, transport } = await aRunning(aGateway());
      gateways.isDown = true;
      const stopping = supervisor.release();
      expect(transport.sockets[0]?.isClosing).toBe(true);
      transport.sockets[0]?.ends();
      await stopping;
    });

    it('can be followed by a start', async () => {
      const gateway = aGateway();
      const { supervisor, transport, stateOf, allLogIn, stop } = await aRunning(gateway);
      await stop();
      await supervisor.assign('all');
      await allLogIn();
      expect(stateOf(gateway)).toBe('connected');
      expect(transport.sockets).toHaveLength(2);
      await stop();
    });
  });
});
