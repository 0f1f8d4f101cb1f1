import { Injectable } from '@nestjs/common';
import type { Page } from '../common/page.dto';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap } from '../events/domain-events';
import { GatewayNotFoundError } from '../gateways/gateway.errors';
import { GatewaysService } from '../gateways/gateways.service';
import { AccountBudgetSpentError, NotReadyError } from './connection.errors';
import { ConnectionRegistry } from './connection.registry';
import type { ConnectionQuery, ConnectionRecord } from './connection.registry';
import { isUnderWay } from './connection-state';
import type { StatusState } from './connection-state';
import { ConnectionSupervisor } from './connection.supervisor';

/** What may be asked and ordered of connections. */
@Injectable()
export class ConnectionsService {
  /** Orders to connect that are being stored. Those that come meanwhile are the same order, which grants one login. */
  private readonly orders = new Map<string, Promise<void>>();

  constructor(
    private readonly gateways: GatewaysService,
    private readonly supervisor: ConnectionSupervisor,
    private readonly registry: ConnectionRegistry,
  ) {}

  /** @throws GatewayNotFoundError, NotReadyError */
  get(gatewayId: string): ConnectionRecord {
    this.requireReady();
    const record = this.registry.find(gatewayId);
    if (!record) throw new GatewayNotFoundError(gatewayId);
    return record;
  }

  /** @throws NotReadyError */
  findAll(query: ConnectionQuery): Page<ConnectionRecord> {
    this.requireReady();
    return this.registry.findAll(query);
  }

  /**
   * Stores the wish, and dials at once if there is no session yet, whatever was waited for. It grants one login of credentials
   * that were refused too often, unless one is under way already.
   * @throws GatewayNotFoundError, AccountBudgetSpentError, NotReadyError
   */
  async connect(gatewayId: string): Promise<ConnectionRecord> {
    this.requireReady();
    await this.inTurn(gatewayId, () => this.orderConnection(gatewayId));
    return this.get(gatewayId);
  }

  /**
   * The stored password was sent again while the gateway refuses it: that grants one login, as `connect` does. Not while the budget of
   * the account is spent; then the session waits on.
   */
  @OnDomainEvent('gateway.passwordConfirmed')
  async onPasswordConfirmed({ gatewayId }: DomainEventMap['gateway.passwordConfirmed']): Promise<void> {
    if (this.registry.find(gatewayId)?.state !== 'auth_failed') return;
    await this.inTurn(gatewayId, async () => {
      if ((await this.supervisor.msUntilAccountIsFree(gatewayId)) > 0) return;
      await this.gateways.grantLogin(gatewayId);
      await this.supervisor.connect(gatewayId);
    });
  }

  /** @throws GatewayNotFoundError, NotReadyError */
  async disconnect(gatewayId: string): Promise<ConnectionRecord> {
    this.requireReady();
    this.orders.delete(gatewayId); // An order to connect that comes after this one is another one.
    await this.gateways.setDesiredState(gatewayId, 'disconnected');
    return this.get(gatewayId);
  }

  /** How many gateways are in each state; null while this service does not hold the sessions. */
  countByState(): Record<StatusState, number> | null {
    return this.supervisor.isRunning ? this.registry.countByState() : null;
  }

  /** An order that comes while another is being stored is the same order. */
  private async inTurn(gatewayId: string, give: () => Promise<void>): Promise<void> {
    const order = this.orders.get(gatewayId) ?? give();
    this.orders.set(gatewayId, order);
    try {
      await order;
    } finally {
      if (this.orders.get(gatewayId) === order) this.orders.delete(gatewayId);
    }
  }

  private async orderConnection(gatewayId: string): Promise<void> {
    const state = this.registry.find(gatewayId)?.state ?? 'disconnected';
    if (!isUnderWay(state)) {
      const wait = this.supervisor.msUntilAccountIsFree(gatewayId);
      const waitMs = typeof wait === 'number' ? wait : await wait;
      if (waitMs > 0) throw new AccountBudgetSpentError(waitMs);
    }
    await this.gateways.setDesiredState(gatewayId, 'connected', !isUnderWay(state));
    await this.supervisor.connect(gatewayId);
  }

  private requireReady(): void {
    if (!this.supervisor.isRunning) throw new NotReadyError();
  }
}
