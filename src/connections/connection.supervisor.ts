import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { atMost } from '../common/at-most';
import type { Moment } from '../common/clock';
import { instanceId } from '../common/instance';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap, PublicGateway } from '../events/domain-events';
import type { ConnectionTarget } from '../gateways/connection-target';
import { GatewaysService } from '../gateways/gateways.service';
import { ConnectionRegistry } from './connection.registry';
import { ConnectionTools } from './connection-tools';
import { LastSeenWriter } from './last-seen.writer';
import { GatewaySession } from './session/gateway-session';

/** What cannot be stored in this time is not worth a shutdown that takes too long. */
const FINAL_FLUSH_MS = 2000;

const READ_AGAIN_MS = 1000;
const ROWS_PER_READ = 1000;
/** Longer than any read can take, which is bounded by the statement time-out. */
const REMEMBER_DELETED_MS = 300_000;

/**
 * Keeps exactly one session for every gateway of the table: starts, changes and stops them.
 *
 * Domain events make it act at once. `reconcile()` makes up for events that were lost: it compares the whole table with what
 * is known and nominates the gateways that differ. Each of those is then read on its own, and its session decides.
 */
@Injectable()
export class ConnectionSupervisor {
  private readonly sessions = new Map<string, GatewaySession>();
  /** Sessions of deleted gateways whose sockets are still closing. */
  private readonly leaving = new Set<Promise<void>>();
  /** When gateways were deleted: a read that began before may still bring such a row. */
  private readonly deleted = new Map<string, Moment>();
  private readonly unread = new Set<string>();
  private readTimer: NodeJS.Timeout | undefined;
  private reconciling: Promise<void> | null = null;
  private running = false;
  private isLoaded = false;
  private readonly targets = new DataLoader<string, ConnectionTarget | null>((ids) => this.findTargets(ids), {
    cache: false, // Every read must see what the event before it announced.
    maxBatchSize: ROWS_PER_READ,
  });

  constructor(
    private readonly gateways: GatewaysService,
    private readonly registry: ConnectionRegistry,
    private readonly lastSeen: LastSeenWriter,
    private readonly tools: ConnectionTools,
    @InjectPinoLogger(ConnectionSupervisor.name) private readonly logger: PinoLogger,
  ) {}

  /** Whether it holds all sessions, so that the registry is the truth. */
  get isRunning(): boolean {
    return this.running && this.isLoaded;
  }

  /** Loads every active gateway and begins to connect them. Rejects when the table cannot be read. */
  async start(): Promise<void> {
    this.running = true;
    for (const target of await this.gateways.findActive()) this.provide(target);
    await this.reconcile();
    this.isLoaded = this.running; // Unless it was stopped meanwhile.
    this.logger.info({ gateways: this.sessions.size, instanceId }, 'sessions started');
  }

  /** Closes every session, and stores when each was last seen; resolves when no socket is left. */
  async stop(): Promise<void> {
    this.running = this.isLoaded = false;
    clearTimeout(this.readTimer);
    this.readTimer = undefined;
    this.lastSeen.noteConnected();
    await Promise.all([...[...this.sessions.values()].map((session) => session.stop()), ...this.leaving]);
    await atMost(
      FINAL_FLUSH_MS,
      Promise.all([this.flushLastSeen(), this.tools.logins.flush(), this.tools.accounts.flush()]),
    );
    this.sessions.clear();
    this.registry.clear();
    this.unread.clear();
    this.deleted.clear();
  }

  /** The operator wants this gateway dialled now. The row is read again: it may have been mended behind our back. */
  async connect(gatewayId: string): Promise<void> {
    await this.read(gatewayId);
    this.sessions.get(gatewayId)?.connect();
  }

  /** See `GatewaySession.lend`. */
  lend(gatewayId: string, returned: Promise<void>): Promise<void> | null {
    return this.sessions.get(gatewayId)?.lend(returned) ?? null;
  }

  /**
   * Milliseconds until a login of the gateway's account may be sent; 0 if it may be sent now. Returns a promise only if the row must
   * be read first (rejects if it cannot be), so that orders otherwise stay synchronous and in sequence.
   */
  msUntilAccountIsFree(gatewayId: string): number | Promise<number> {
    const { accounts } = this.tools;
    if (!accounts.hasRefusals) return 0;
    const known = this.sessions.get(gatewayId)?.destination;
    if (known) return accounts.msUntilFree(known);
    return this.targets.load(gatewayId).then((target) => (target ? accounts.msUntilFree(target) : 0));
  }

  /** Its login was tried by somebody else: what came of that is in the table. */
  async learnLogin(gatewayId: string): Promise<void> {
    const target = await this.read(gatewayId);
    if (target) this.sessions.get(gatewayId)?.learn(target);
  }

  @OnDomainEvent('gateway.created')
  onCreated({ gateway }: DomainEventMap['gateway.created']): void {
    this.onChanged(gateway);
  }

  @OnDomainEvent('gateway.updated')
  onUpdated({ gateway }: DomainEventMap['gateway.updated']): void {
    this.onChanged(gateway);
  }

  @OnDomainEvent('gateway.deleted')
  onDeleted({ gatewayId }: DomainEventMap['gateway.deleted']): void {
    if (this.running) this.remove(gatewayId);
  }

  /** Compares the table with what is known. A table that cannot be read changes nothing: it is no empty fleet. */
  reconcile(): Promise<void> {
    this.reconciling ??= this.compareWithTable().finally(() => (this.reconciling = null));
    return this.reconciling;
  }

  private async flushLastSeen(): Promise<void> {
    await this.lastSeen.flush(); // Perhaps one that was under way already.
    await this.lastSeen.flush();
  }

  private async compareWithTable(): Promise<void> {
    const revisions = await this.gateways.findRevisions();
    if (!this.running) return;
    this.forgetOldDeletions();

    const missing = new Set(this.sessions.keys());
    const nominated: string[] = [];
    for (const revision of revisions) {
      missing.delete(revision.id);
      if (this.sessions.get(revision.id)?.isOutdated(revision) ?? true) nominated.push(revision.id);
    }
    await Promise.all([...nominated, ...missing].map((id) => this.read(id)));
  }

  private onChanged(gateway: PublicGateway): void {
    if (!this.running || this.deleted.has(gateway.id)) return;
    const session = this.sessionOf(gateway);
    session.apply(gateway);
    if (session.isWaitingForTarget) void this.read(gateway.id);
  }

  /** Reads one row, together with all the others that are wanted at this moment, and lets its session act on it. */
  private async read(gatewayId: string): Promise<ConnectionTarget | null> {
    let target: ConnectionTarget | null;
    const known = this.sessions.get(gatewayId)?.gateway;
    try {
      target = await this.targets.load(gatewayId);
    } catch (error) {
      this.readLater(gatewayId, error);
      return null;
    }
    if (!this.running) return null;
    this.unread.delete(gatewayId);
    if (target && known && isOlder(target.gateway, known)) this.restore(target);
    else if (target) this.provide(target);
    else this.remove(gatewayId);
    return target;
  }

  private provide(target: ConnectionTarget): void {
    const { gateway } = target;
    if (this.running && !this.deleted.has(gateway.id)) this.sessionOf(gateway).provide(target);
  }

  /** The known row is newer than the one in the table: the table was restored from a backup. */
  private restore(target: ConnectionTarget): void {
    const session = this.sessions.get(target.gateway.id);
    this.logger.warn({ gatewayId: target.gateway.id }, 'the row of a gateway is older than it was: taking it as it is');
    session?.restore(target);
  }

  private sessionOf(gateway: PublicGateway): GatewaySession {
    let session = this.sessions.get(gateway.id);
    if (!session) {
      session = new GatewaySession(gateway, this.tools, () => void this.read(gateway.id));
      this.sessions.set(gateway.id, session);
    }
    return session;
  }

  private remove(gatewayId: string): void {
    this.deleted.set(gatewayId, performance.now());
    this.registry.delete(gatewayId);
    const session = this.sessions.get(gatewayId);
    if (!session) return;
    this.sessions.delete(gatewayId);
    const left = session.stop().finally(() => this.leaving.delete(left));
    this.leaving.add(left);
  }

  private readLater(gatewayId: string, error: unknown): void {
    if (!this.running) return;
    if (this.unread.size === 0) this.logger.warn({ err: error }, 'gateway rows cannot be read, trying again');
    this.unread.add(gatewayId);
    this.readTimer ??= setTimeout(() => {
      this.readTimer = undefined;
      for (const id of this.unread) void this.read(id);
    }, READ_AGAIN_MS);
  }

  private async findTargets(ids: readonly string[]): Promise<(ConnectionTarget | null)[]> {
    const targets = await this.gateways.findConnectionTargets([...new Set(ids)]);
    const byId = new Map(targets.map((target) => [target.gateway.id, target]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  private forgetOldDeletions(): void {
    const limit = performance.now() - REMEMBER_DELETED_MS;
    for (const [id, at] of this.deleted) if (at < limit) this.deleted.delete(id);
  }
}

function isOlder(row: PublicGateway, known: PublicGateway): boolean {
  return row.revision < known.revision || row.connectionVersion < known.connectionVersion;
}
