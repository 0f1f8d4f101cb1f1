import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { EVERYWHERE } from '../common/actor';
import { atMost } from '../common/at-most';
import type { Moment } from '../common/clock';
import { instanceId } from '../common/instance';
import { OnDomainEvent } from '../events/domain-events';
import type { DomainEventMap, PublicGateway } from '../events/domain-events';
import type { Command, CommandOutcome } from '../gateway-client/conversation/command';
import type { ConnectionTarget } from '../gateways/connection-target';
import { GatewaysService } from '../gateways/gateways.service';
import type { Shards } from '../ownership/ownership';
import { Assignment, gatewaysIn } from '../status/assignment';
import { ConnectionRegistry } from '../status/connection.registry';
import { LastSeenWriter } from '../status/last-seen.writer';
import { Readiness } from '../status/readiness';
import { ConnectionTools } from './connection-tools';
import { GatewaySession } from './session/gateway-session';

/** Time limit for the last writes; what is not stored by then is lost if the process ends. */
const FINAL_FLUSH_MS = 2000;

const READ_AGAIN_MS = 1000;
const LOOK_AGAIN_MS = 100;
const ROWS_PER_READ = 1000;
/** Longer than any read can take; reads are bounded by the statement time-out. */
const REMEMBER_DELETED_MS = 300_000;

/** Where a session begins. */
interface SessionOrigin {
  /** Whether another process may have had one before. */
  readonly hasMoved: boolean;
}

/**
 * Keeps exactly one session for every gateway that is assigned to this process: starts, updates and stops it.
 *
 * Domain events take effect at once. `reconcile()` makes up for lost events: it compares the whole table with the sessions, finds
 * gateways that are new, missing or of another revision, re-reads each, and lets its session apply the change.
 */
@Injectable()
export class ConnectionSupervisor {
  private readonly sessions = new Map<string, GatewaySession>();
  /** Deleted and released gateways whose sockets are still closing. */
  private readonly leaving = new Map<string, Promise<void>>();
  /** When gateways were deleted, by id. A read that began before the deletion may still return the row. */
  private readonly deleted = new Map<string, Moment>();
  private readonly unread = new Set<string>();
  private readTimer: NodeJS.Timeout | undefined;
  private reconciling: Promise<void> | null = null;
  /** How often everything was released. What an assignment has begun before that makes nothing ready. */
  private releases = 0;
  private readonly targets = new DataLoader<string, ConnectionTarget | null>((ids) => this.findTargets(ids), {
    cache: false, // A read must see the change that the event before it announced.
    maxBatchSize: ROWS_PER_READ,
  });

  constructor(
    private readonly gateways: GatewaysService,
    private readonly registry: ConnectionRegistry,
    private readonly assignment: Assignment,
    private readonly readiness: Readiness,
    private readonly lastSeen: LastSeenWriter,
    private readonly tools: ConnectionTools,
    @InjectPinoLogger(ConnectionSupervisor.name) private readonly logger: PinoLogger,
  ) {}

  /**
   * Takes the gateways of these shards: loads those that should be connected, and starts to connect them. Rejects when the table cannot be
   * read.
   */
  async assign(shards: Shards): Promise<void> {
    const { releases } = this;
    this.assignment.add(shards);
    for (const target of await this.gateways.findActive(EVERYWHERE, shards)) {
      this.provide(target, { hasMoved: shards !== 'all' });
    }
    if (shards === 'all') {
      await this.reconciling?.catch(() => undefined); // It may have begun before these gateways were assigned.
      await this.reconcile();
    } else await this.compareWithTable(shards);
    if (releases === this.releases) this.readiness.isReady = true;
    this.logger.info({ gateways: this.sessions.size, instanceId }, 'sessions started');
  }

  /**
   * Gives back all gateways: closes their sessions, and stores last-seen times and login outcomes. Resolves when no socket is left and the
   * writes are done or have timed out.
   */
  async release(): Promise<void> {
    this.assignment.remove('all');
    this.rest();
    const ids = [...this.sessions.keys()];
    for (const id of ids) {
      this.noteLastSeen(id);
      this.endSession(id, (session) => session.stop());
    }
    await this.close();
    for (const id of ids) if (!this.sessions.has(id)) this.registry.release(id);
  }

  /** Like `release` for the gateways of these shards. Nobody is told, because their sessions go on elsewhere. */
  async give(shards: readonly number[]): Promise<void> {
    const ids = this.leave(shards);
    for (const id of ids) {
      this.noteLastSeen(id);
      this.endSession(id, (session) => session.leave());
    }
    await this.close();
    for (const id of ids) if (!this.sessions.has(id)) this.registry.leave(id);
  }

  /** Ends the sessions of these shards, which another process may own already: writes nothing. Resolves when no socket is left. */
  async lose(shards: readonly number[]): Promise<void> {
    const ids = this.leave(shards);
    for (const id of ids) {
      this.endSession(id, (session) => session.leave());
      this.registry.leave(id);
    }
    await Promise.all(ids.flatMap((id) => this.leaving.get(id) ?? []));
  }

  /** Resolves when no gateway is sending a message or busy with a command, after `ms` milliseconds at most. */
  async whenIdle(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    const isBusy = () =>
      this.registry.findOwn().some(({ receivingSince, busy }) => receivingSince !== null || busy !== null);
    while (isBusy() && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** Carries out an operator's connect order. Re-reads the row first, in case it was changed without an event. */
  async connect(gatewayId: string): Promise<void> {
    await this.read(gatewayId);
    this.sessions.get(gatewayId)?.connect();
  }

  /** See `Conversation.execute`. Null also if the gateway has no session here. */
  execute(gatewayId: string, command: Command, onEnded: (outcome: CommandOutcome) => void): (() => void) | null {
    return this.sessions.get(gatewayId)?.execute(command, onEnded) ?? null;
  }

  /** See `Conversation.forPeople`. Null if the gateway is not connected here. */
  forPeople(gatewayId: string, text: string): string | null {
    return this.sessions.get(gatewayId)?.forPeople(text) ?? null;
  }

  /** See `GatewaySession.lease`. */
  lease(gatewayId: string, returned: Promise<void>): Promise<void> | null {
    return this.sessions.get(gatewayId)?.lease(returned) ?? null;
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

  /** Re-reads the row after a connection test tried its login, and passes the recorded outcome to the session. */
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
    if (this.assignment.includes(gatewayId)) this.remove(gatewayId);
  }

  /** Ends the sessions whose addresses are no longer allowed. */
  @OnDomainEvent('organization.networksChanged')
  onNetworksChanged({ organizationId }: DomainEventMap['organization.networksChanged']): void {
    for (const session of this.sessions.values()) {
      if (session.gateway.organizationId === organizationId) session.checkAddress();
    }
  }

  /** Compares the table with the sessions; concurrent calls share one run. Rejects, and changes nothing, if revisions cannot be read. */
  reconcile(): Promise<void> {
    this.reconciling ??= this.compareWithTable(this.assignment.shards).finally(() => (this.reconciling = null));
    return this.reconciling;
  }

  private rest(): void {
    this.releases += 1;
    this.readiness.isReady = false;
    this.unread.clear();
    clearTimeout(this.readTimer);
    this.readTimer = undefined;
  }

  /** @returns the ids of the gateways that have a session */
  private leave(shards: readonly number[]): string[] {
    this.assignment.remove(shards);
    const isAmong = gatewaysIn(shards);
    for (const id of this.unread) if (isAmong(id)) this.unread.delete(id);
    return [...this.sessions.keys()].filter(isAmong);
  }

  private noteLastSeen(gatewayId: string): void {
    if (this.registry.find(EVERYWHERE, gatewayId)?.state === 'connected') this.lastSeen.note(gatewayId);
  }

  private async close(): Promise<void> {
    await Promise.all(this.leaving.values());
    await atMost(
      FINAL_FLUSH_MS,
      Promise.all([this.lastSeen.flush(), this.tools.logins.flush(), this.tools.accounts.flush()]),
    );
  }

  private endSession(gatewayId: string, end: (session: GatewaySession) => Promise<void>): void {
    const session = this.sessions.get(gatewayId);
    if (!session) return;
    this.sessions.delete(gatewayId);
    const left = end(session).finally(() => {
      if (this.leaving.get(gatewayId) === left) this.leaving.delete(gatewayId);
    });
    this.leaving.set(gatewayId, left);
  }

  private async compareWithTable(shards: Shards): Promise<void> {
    if (shards.length === 0) return;
    const revisions = await this.gateways.findRevisions(EVERYWHERE, shards);
    this.forgetOldDeletions();

    const missing = new Set([...this.sessions.keys()].filter(gatewaysIn(shards)));
    const outdated: string[] = [];
    for (const revision of revisions) {
      if (!this.assignment.includes(revision.id)) continue;
      missing.delete(revision.id);
      if (this.sessions.get(revision.id)?.isOutdated(revision) ?? true) outdated.push(revision.id);
    }
    await Promise.all([...outdated, ...missing].map((id) => this.read(id)));
  }

  private onChanged(gateway: PublicGateway): void {
    if (!this.assignment.includes(gateway.id) || this.deleted.has(gateway.id)) return;
    const session = this.sessionOf(gateway);
    session.apply(gateway);
    if (session.isWaitingForTarget) void this.read(gateway.id);
  }

  /**
   * Reads one row, batched with others requested at the same time, and lets its session act on it.
   * @returns null if the row is gone, cannot be read (it is read again later), or the gateway was released meanwhile
   */
  private async read(gatewayId: string): Promise<ConnectionTarget | null> {
    let target: ConnectionTarget | null;
    const known = this.sessions.get(gatewayId)?.gateway;
    try {
      target = await this.targets.load(gatewayId);
    } catch (error) {
      this.readLater(gatewayId, error);
      return null;
    }
    if (!this.assignment.includes(gatewayId)) return null;
    this.unread.delete(gatewayId);
    if (target && known && isOlder(target.gateway, known)) this.restore(target);
    else if (target) this.provide(target);
    else this.remove(gatewayId);
    return target;
  }

  private provide(target: ConnectionTarget, origin?: SessionOrigin): void {
    const { gateway } = target;
    if (!this.assignment.includes(gateway.id) || this.deleted.has(gateway.id)) return;
    this.sessionOf(gateway, origin).provide(target);
  }

  /** The known row is newer than the one in the table: the table was restored from a backup. */
  private restore(target: ConnectionTarget): void {
    const session = this.sessions.get(target.gateway.id);
    this.logger.warn({ gatewayId: target.gateway.id }, 'a gateway row has an older revision than before, using it');
    session?.restore(target);
  }

  private sessionOf(gateway: PublicGateway, { hasMoved }: SessionOrigin = { hasMoved: false }): GatewaySession {
    let session = this.sessions.get(gateway.id);
    if (!session) {
      // A gateway that was released a moment ago must not have two sockets.
      const previous = this.leaving.get(gateway.id);
      session = new GatewaySession(gateway, this.tools, () => void this.read(gateway.id), { previous, hasMoved });
      this.sessions.set(gateway.id, session);
    }
    return session;
  }

  private remove(gatewayId: string): void {
    this.deleted.set(gatewayId, performance.now());
    this.endSession(gatewayId, (session) => session.stop()); // First: its last state change comes before the news that it is deleted.
    this.registry.delete(gatewayId);
  }

  private readLater(gatewayId: string, error: unknown): void {
    if (!this.assignment.includes(gatewayId)) return;
    if (this.unread.size === 0) this.logger.warn({ err: error }, 'gateway rows cannot be read, retrying');
    this.unread.add(gatewayId);
    this.readTimer ??= setTimeout(() => {
      this.readTimer = undefined;
      for (const id of this.unread) void this.read(id);
    }, READ_AGAIN_MS);
  }

  private async findTargets(ids: readonly string[]): Promise<(ConnectionTarget | null)[]> {
    const targets = await this.gateways.findConnectionTargets(EVERYWHERE, [...new Set(ids)]);
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
