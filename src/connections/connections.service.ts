import { Injectable } from '@nestjs/common';
import { EVERYWHERE } from '../common/actor';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { GatewayNotFoundError } from '../gateways/gateway.errors';
import { GatewaysService } from '../gateways/gateways.service';
import { LoginBudget } from '../login-budget/login-budget';
import { AccountBudgetSpentError } from '../login-budget/login-budget.errors';
import { ConnectionRegistry } from '../status/connection.registry';
import { isOwn } from '../status/connection-record';
import type { ConnectionRecord } from '../status/connection-record';
import { isUnderWay } from '../status/connection-state';
import { Readiness } from '../status/readiness';
import { StatusService } from '../status/status.service';
import { ConnectionSupervisor } from './connection.supervisor';
import { OrderPermission } from './order-permission';

/** Why an order was refused, by the id of the gateway. */
export type Refusals = ReadonlyMap<string, DomainError>;

/** Carries out orders to connect and disconnect gateways. */
@Injectable()
export class ConnectionsService {
  /** Connect orders in progress, by gateway id. One that arrives meanwhile joins the order in progress, so both grant only one login. */
  private readonly orders = new Map<string, Promise<void>>();

  constructor(
    private readonly gateways: GatewaysService,
    private readonly logins: LoginBudget,
    private readonly supervisor: ConnectionSupervisor,
    private readonly registry: ConnectionRegistry,
    private readonly readiness: Readiness,
    private readonly status: StatusService,
    private readonly permission: OrderPermission,
  ) {}

  /**
   * Stores the desired state `connected`. Unless an attempt is under way, starts one at once, ending any wait for a retry, and grants
   * it one login even if the credentials were refused too often.
   * @throws GatewayNotFoundError, AccountBudgetSpentError, NotReadyError, OwnershipUncertainError
   */
  async connect(actor: Actor, gatewayId: string): Promise<ConnectionRecord> {
    this.readiness.require();
    await this.requireReach(actor, gatewayId);
    await this.inTurn(gatewayId, () => this.orderConnection(actor, gatewayId));
    return this.status.get(actor, gatewayId);
  }

  /**
   * The stored password was sent again. If the gateway refuses it, this grants one login and dials, as `connect` does. Has no effect
   * while the budget of the account is spent; the session keeps waiting.
   */
  @OnDomainEvent('gateway.passwordConfirmed')
  async onPasswordConfirmed({ actor, gatewayId }: DomainEventMap['gateway.passwordConfirmed']): Promise<void> {
    const record = this.registry.find(EVERYWHERE, gatewayId);
    if (record?.state !== 'auth_failed' || !isOwn(record)) return;
    await this.inTurn(gatewayId, async () => {
      if ((await this.supervisor.msUntilAccountIsFree(gatewayId)) > 0) return;
      await this.logins.grant(actor, [gatewayId]);
      await this.supervisor.connect(gatewayId);
    });
  }

  /**
   * Like `connect` for many gateways, with one statement for their desired states.
   * @returns why it was refused, by gateway; nothing for those that were accepted
   * @throws NotReadyError
   */
  async connectMany(actor: Actor, gatewayIds: readonly string[]): Promise<Refusals> {
    this.readiness.require();
    const within = await this.idsWithinReach(actor, gatewayIds);
    const ordered = this.orderConnections(
      actor,
      within.filter((id) => !this.orders.has(id)),
    );
    const orderOf = async (id: string): Promise<void> => {
      const refusal = (await ordered).get(id);
      if (refusal) throw refusal;
    };
    const settled = await Promise.all(within.map((id) => refusalOf(this.inTurn(id, () => orderOf(id)))));
    const refused = within.flatMap((id, index) => (settled[index] ? [[id, settled[index]] as const] : []));
    return new Map([...missingIn(gatewayIds, within), ...refused]);
  }

  /**
   * Like `disconnect` for many gateways, with one statement for their desired states.
   * @returns why it was refused, by gateway
   * @throws NotReadyError
   */
  async disconnectMany(actor: Actor, gatewayIds: readonly string[]): Promise<Refusals> {
    this.readiness.require();
    const within = await this.idsWithinReach(actor, gatewayIds);
    for (const id of within) this.orders.delete(id); // A later connect order must not join one from before.
    return missingIn(gatewayIds, await this.gateways.setDesiredStates(actor, within, 'disconnected'));
  }

  /** @throws GatewayNotFoundError, NotReadyError */
  async disconnect(actor: Actor, gatewayId: string): Promise<ConnectionRecord> {
    this.readiness.require();
    await this.requireReach(actor, gatewayId);
    this.orders.delete(gatewayId); // A later connect order must not join one from before.
    await this.gateways.setDesiredState(actor, gatewayId, 'disconnected');
    return this.status.get(actor, gatewayId);
  }

  /** Asked before the order, which also grants a login. @throws GatewayNotFoundError */
  private async requireReach(actor: Actor, gatewayId: string): Promise<void> {
    if (actor.organizationId === null || this.registry.find(actor, gatewayId)) return;
    await this.gateways.get(actor, gatewayId);
  }

  /** Those of the ids that belong to gateways within reach. */
  private async idsWithinReach(actor: Actor, ids: readonly string[]): Promise<string[]> {
    const unknown = ids.filter((id) => !this.registry.find(actor, id));
    if (unknown.length === 0) return [...ids];
    const targets = await this.gateways.findConnectionTargets(actor, unknown);
    const found = new Set(targets.map(({ gateway }) => gateway.id));
    return ids.filter((id) => found.has(id) || this.registry.find(actor, id));
  }

  /** Runs `give`, or joins the order already in progress for this gateway. */
  private async inTurn(gatewayId: string, give: () => Promise<void>): Promise<void> {
    const order = this.orders.get(gatewayId) ?? give();
    this.orders.set(gatewayId, order);
    try {
      await order;
    } finally {
      if (this.orders.get(gatewayId) === order) this.orders.delete(gatewayId);
    }
  }

  private async orderConnection(actor: Actor, gatewayId: string): Promise<void> {
    this.permission.require(gatewayId);
    const needsLogin = this.needsLogin(gatewayId);
    if (needsLogin) {
      const wait = this.supervisor.msUntilAccountIsFree(gatewayId);
      const waitMs = typeof wait === 'number' ? wait : await wait;
      if (waitMs > 0) throw new AccountBudgetSpentError(waitMs);
    }
    const granted = needsLogin ? this.logins.grant(actor, [gatewayId]) : undefined;
    await this.gateways.setDesiredState(actor, gatewayId, 'connected', granted);
    await this.supervisor.connect(gatewayId);
  }

  private async orderConnections(actor: Actor, gatewayIds: readonly string[]): Promise<Refusals> {
    if (gatewayIds.length === 0) return new Map();
    const needLogin = new Set(gatewayIds.filter((id) => this.needsLogin(id)));
    const waits = await Promise.all(
      gatewayIds.map(async (id) => (needLogin.has(id) ? this.supervisor.msUntilAccountIsFree(id) : 0)),
    );
    const spent = gatewayIds.flatMap((id, index) => {
      const waitMs = waits[index] ?? 0;
      return waitMs > 0 ? [[id, new AccountBudgetSpentError(waitMs)] as const] : [];
    });
    const refusals = new Map<string, DomainError>([...spent, ...this.uncertain(gatewayIds)]);
    const free = gatewayIds.filter((id) => !refusals.has(id));
    const stored = await this.gateways.setDesiredStates(actor, free, 'connected', (ids) =>
      this.logins.grant(
        actor,
        ids.filter((id) => needLogin.has(id)),
      ),
    );
    await Promise.all(stored.map((id) => this.supervisor.connect(id)));
    return new Map([...refusals, ...missingIn(free, stored)]);
  }

  private uncertain(gatewayIds: readonly string[]): (readonly [string, DomainError])[] {
    return gatewayIds.flatMap((id) => {
      const refusal = this.permission.refusal(id);
      return refusal ? [[id, refusal] as const] : [];
    });
  }

  /** Whether an order to connect begins an attempt: none is under way. */
  private needsLogin(gatewayId: string): boolean {
    return !isUnderWay(this.registry.find(EVERYWHERE, gatewayId)?.state ?? 'disconnected');
  }
}

/** A refusal for each id that is not among those found. */
function missingIn(ids: readonly string[], found: readonly string[]): Map<string, DomainError> {
  const known = new Set(found);
  return new Map(ids.filter((id) => !known.has(id)).map((id) => [id, new GatewayNotFoundError(id)]));
}

/** The rule that refused an order; undefined if none did. Other errors are not caught. */
async function refusalOf(order: Promise<void>): Promise<DomainError | undefined> {
  try {
    await order;
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
