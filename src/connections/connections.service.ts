import { Injectable } from '@nestjs/common';
import { EVERYWHERE } from '../common/actor';
import type { Actor } from '../common/actor';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { GatewaysService } from '../gateways/gateways.service';
import { LoginBudget } from '../login-budget/login-budget';
import { AccountBudgetSpentError } from '../login-budget/login-budget.errors';
import { ConnectionRegistry } from '../status/connection.registry';
import type { ConnectionRecord } from '../status/connection-record';
import { isUnderWay } from '../status/connection-state';
import { Readiness } from '../status/readiness';
import { StatusService } from '../status/status.service';
import { ConnectionSupervisor } from './connection.supervisor';

/** Carries out orders to connect and disconnect a gateway. */
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
  ) {}

  /**
   * Stores the desired state `connected`. Unless an attempt is under way, starts one at once, ending any wait for a retry, and grants
   * it one login even if the credentials were refused too often.
   * @throws GatewayNotFoundError, AccountBudgetSpentError, NotReadyError
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
    if (this.registry.find(EVERYWHERE, gatewayId)?.state !== 'auth_failed') return;
    await this.inTurn(gatewayId, async () => {
      if ((await this.supervisor.msUntilAccountIsFree(gatewayId)) > 0) return;
      await this.logins.grant(actor, gatewayId);
      await this.supervisor.connect(gatewayId);
    });
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
    const state = this.registry.find(EVERYWHERE, gatewayId)?.state ?? 'disconnected';
    if (!isUnderWay(state)) {
      const wait = this.supervisor.msUntilAccountIsFree(gatewayId);
      const waitMs = typeof wait === 'number' ? wait : await wait;
      if (waitMs > 0) throw new AccountBudgetSpentError(waitMs);
    }
    const granted = isUnderWay(state) ? undefined : this.logins.grant(actor, gatewayId);
    await this.gateways.setDesiredState(actor, gatewayId, 'connected', granted);
    await this.supervisor.connect(gatewayId);
  }
}
