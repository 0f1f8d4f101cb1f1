import { aFeed } from '../../test/support/state-changes';
import { SYSTEM } from '../common/actor';
import type { Actor } from '../common/actor';
import { aPublicGateway } from '../../test/unit-support/gateways';
import type { DesiredState } from '../events/domain-events';
import { GatewayNotFoundError } from '../gateways/gateway.errors';
import type { GatewaysService } from '../gateways/gateways.service';
import type { Ownership } from '../ownership/ownership';
import { Assignment } from '../status/assignment';
import type { LoginBudget } from '../login-budget/login-budget';
import { ConnectionRegistry } from '../status/connection.registry';
import { CONNECTION_STATES } from '../status/connection-state';
import type { ConnectionState } from '../status/connection-state';
import { Readiness } from '../status/readiness';
import { StatusService } from '../status/status.service';
import type { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionsService } from './connections.service';
import { OrderPermission } from './order-permission';

type UsedOfGateways = Pick<GatewaysService, 'get' | 'setDesiredState' | 'setDesiredStates' | 'findConnectionTargets'>;
type UsedOfLogins = Pick<LoginBudget, 'grant'>;
type UsedOfSupervisor = Pick<ConnectionSupervisor, 'connect' | 'msUntilAccountIsFree'>;

const OPERATOR: Actor = { ...SYSTEM, name: 'operator' };

const gateway = aPublicGateway();

/** The service with one gateway that is in this state. */
function aService(state: ConnectionState, waitMs: number | Promise<number> = 0, granted = Promise.resolve()) {
  const orders: [Actor, DesiredState, boolean][] = [];
  const grants: Actor[] = [];
  const logins: UsedOfLogins = {
    grant: (actor, gatewayIds) => {
      if (gatewayIds.length > 0) grants.push(actor);
      return granted;
    },
  };
  const gateways: UsedOfGateways = {
    get: (_reach, id) => Promise.reject(new GatewayNotFoundError(id)),
    setDesiredState: (actor, _id, desiredState, alsoStored) => {
      orders.push([actor, desiredState, alsoStored !== undefined]);
      return alsoStored ?? Promise.resolve();
    },
    setDesiredStates: async (actor, ids, desiredState, alsoStore) => {
      orders.push([actor, desiredState, alsoStore !== undefined]);
      await alsoStore?.(ids);
      return [...ids];
    },
    findConnectionTargets: () => Promise.resolve([]),
  };
  const supervisor: UsedOfSupervisor = {
    connect: () => Promise.resolve(),
    msUntilAccountIsFree: () => waitMs,
  };
  const registry = new ConnectionRegistry(aFeed());
  registry.add(gateway).state = state;
  const readiness = Object.assign(new Readiness(), { isReady: true });
  const assignment = new Assignment();
  assignment.add('all');
  const service = new ConnectionsService(
    gateways as GatewaysService,
    logins as LoginBudget,
    supervisor as ConnectionSupervisor,
    registry,
    readiness,
    new StatusService(registry, assignment, readiness),
    new OrderPermission({ isShared: false } as Ownership),
  );
  return { service, orders, grants };
}

describe('ConnectionsService', () => {
  it.each(CONNECTION_STATES)(
    'STATUS-02: grants a login with the order to connect while %s, unless one is pending or accepted',
    async (state) => {
      const { service, orders } = aService(state);
      await service.connect(OPERATOR, gateway.id);
      const isWaiting = ['disconnected', 'reconnecting', 'auth_failed'].includes(state);
      expect(orders).toEqual([[OPERATOR, 'connected', isWaiting]]);
    },
  );

  it.each(['connect', 'disconnect'] as const)(
    'SEC-09: refuses to %s a gateway of another organization, and grants no login',
    async (order) => {
      const { service, orders, grants } = aService('auth_failed');
      const stranger = { ...OPERATOR, organizationId: '00000000-0000-4000-8000-0000000000a2' };
      await expect(service[order](stranger, gateway.id)).rejects.toThrow(GatewayNotFoundError);
      expect([orders, grants]).toEqual([[], []]);
      await expect(
        service[order]({ ...OPERATOR, organizationId: gateway.organizationId }, gateway.id),
      ).resolves.toBeDefined();
    },
  );

  it('STATUS-02: stores orders in the order of their arrival, however long the grant of a login takes', async () => {
    const { service, orders } = aService('auth_failed', 0, new Promise<void>(() => undefined));
    void service.connect(OPERATOR, gateway.id);
    await service.disconnect(OPERATOR, gateway.id);
    expect(orders).toEqual([
      [OPERATOR, 'connected', true],
      [OPERATOR, 'disconnected', false],
    ]);
  });

  it.each([
    ['that is known', () => 90_500],
    ['that has to be read', () => Promise.resolve(90_500)],
  ])(
    'SEC-16: refuses an order to connect while the budget of the account is spent, for a gateway %s',
    async (_, wait) => {
      const { service, orders } = aService('auth_failed', wait());
      await expect(service.connect(OPERATOR, gateway.id)).rejects.toMatchObject({
        code: 'ACCOUNT_BUDGET_SPENT',
        retryAfterSeconds: 91,
      });
      expect(orders).toEqual([]);
    },
  );

  it('SEC-16: accepts an order for a connected gateway even while the account budget is spent', async () => {
    const { service, orders } = aService('connected', 90_500);
    await service.connect(OPERATOR, gateway.id);
    expect(orders).toEqual([[OPERATOR, 'connected', false]]);
  });

  it('LIFECYCLE-02: grants a login when an operator confirms the password of a gateway in auth_failed', async () => {
    const { service, grants } = aService('auth_failed');
    await service.onPasswordConfirmed({ actor: OPERATOR, gatewayId: gateway.id });
    expect(grants).toEqual([OPERATOR]);
  });

  it('STATUS-02: an order for many gateways joins one in progress for the same gateway, so that both grant one login', async () => {
    let finish: () => void = () => undefined;
    const { service, grants } = aService('auth_failed', 0, new Promise<void>((resolve) => (finish = resolve)));
    const both = [service.connect(OPERATOR, gateway.id), service.connectMany(OPERATOR, [gateway.id])] as const;
    finish();
    await both[0];
    expect(await both[1]).toEqual(new Map());
    expect(grants).toHaveLength(1);

    await Promise.all([service.connectMany(OPERATOR, [gateway.id]), service.connectMany(OPERATOR, [gateway.id])]);
    expect(grants).toHaveLength(2);
  });

  it('STATUS-03: grants no login with the order to disconnect', async () => {
    const { service, orders } = aService('auth_failed');
    await service.disconnect(OPERATOR, gateway.id);
    expect(orders).toEqual([[OPERATOR, 'disconnected', false]]);
  });
});
