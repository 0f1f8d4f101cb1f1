import { Injectable, Optional } from '@nestjs/common';
import { InjectPinoLogger, PinoLogger } from 'nestjs-pino';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { atMost } from '../common/at-most';
import { instanceId } from '../common/instance';
import { Config } from '../config/config';
import { Listeners } from './listeners';
import { Ownership } from './ownership';
import type {
  KnownReplica,
  LossListener,
  LossReason,
  Owner,
  OwnershipFigures,
  Replica,
  ShardsListener,
} from './ownership';
import { OwnershipConnection, SoleServiceRunsError } from './ownership-connection';
import { Peers } from './peers';
import { Member } from './protocol/member';
import type { Answer, Look, MemberTables, Surroundings } from './protocol/surroundings';
import { fasterTiming } from './protocol/timing';
import type { Timing } from './protocol/timing';
import { ReplicaTables } from './replica-tables';
import type { Registration } from './replica-tables';
import { shardOf } from './shard';

/** Between two attempts to join, while a service that runs alone has the sessions or the database does not answer. */
const JOIN_AGAIN_MS = 500;

/** How long a replica that ends gives its shards back one after the other. What is left then is free once the others notice. */
const DRAIN_MS = 5000;

const WHY_NOT: Record<Exclude<Registration, 'member'>, string> = {
  superseded: 'another replica with the same REPLICA_NAME was started later',
  incompatible: 'a replica of another version speaks another protocol: stop it before this version is started',
};

/** Owns the gateways of some shards, and shares the others with other replicas: the protocol of `Member` on PostgreSQL. */
@Injectable()
export class SharedOwnership extends Ownership {
  readonly self: Replica;
  readonly isShared = true;
  readonly failed: Promise<string>;
  private fail!: (reason: string) => void;
  private readonly leaving = new AbortController();
  private readonly listeners = new Listeners();
  private readonly member: Member;
  /** Also of shards that are no longer owned. */
  private readonly latestEpochs = new Map<number, number>();
  private lookMs: number | null = null;
  private ended = 0;
  private onLeft: () => void = () => undefined;
  /** Resolves when it takes part, or never will. */
  private joined: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly connection: OwnershipConnection,
    private readonly tables: ReplicaTables,
    private readonly peers: Peers,
    @InjectPinoLogger(SharedOwnership.name) private readonly logger: PinoLogger,
    /** Other ids and times are for tests. */
    @Optional() { id = instanceId, timing }: { id?: string; timing?: Timing } = {},
  ) {
    super();
    this.self = { id, name: config.env.REPLICA_NAME ?? hostname() };
    this.failed = new Promise((resolve) => (this.fail = resolve));
    this.member = new Member(id, this.surroundings(), timing ?? fasterTiming(config.env.TEST_CLUSTER_SPEED));
  }

  /** Resolves at once: what this replica owns depends on the others. */
  start(): Promise<void> {
    this.peers.serve({
      answer: (from) => this.member.answer(from),
      told: () => this.member.told(),
      nudged: () => this.member.look(),
    });
    this.joined = this.join();
    return Promise.resolve();
  }

  async drain(): Promise<void> {
    this.leaving.abort();
    await atMost(DRAIN_MS, this.leave());
    const shards = [...this.member.holdings.keys()];
    if (shards.length > 0) {
      this.logger.warn({ shards: shards.length }, 'not all shards could be given back in time: others will take them');
      await this.listeners.tellGiven(shards); // Before the member stops, so that their sockets may be closed in order.
    }
    this.member.stop();
    this.logger.info('this replica has left');
    await this.connection.close();
  }

  async cleanUp(): Promise<void> {
    try {
      await this.tables.forgetEnded();
    } catch (error) {
      this.logger.warn({ err: error }, 'replicas that ended long ago cannot be forgotten, trying again later');
    }
  }

  replicas(): readonly KnownReplica[] {
    return this.tables
      .all()
      .map((replica) => ({ ...replica, isLive: replica.id === this.self.id || this.member.isLive(replica.id) }));
  }

  get figures(): OwnershipFigures {
    const leaseLeftMs = this.member.orderUntil - performance.now();
    return { shards: this.member.holdings.size, leaseLeftMs, lookMs: this.lookMs, ended: this.ended };
  }

  owns(gatewayId: string): boolean {
    return this.member.holdings.has(shardOf(gatewayId));
  }

  epochOf(gatewayId: string): number | null {
    return this.member.holdings.get(shardOf(gatewayId)) ?? null;
  }

  latestEpochOf(gatewayId: string): number | null {
    return this.latestEpochs.get(shardOf(gatewayId)) ?? null;
  }

  mayOrder(gatewayId: string | null): boolean {
    return gatewayId === null ? this.member.isCertain : this.member.mayOrder(shardOf(gatewayId));
  }

  mayConnect(gatewayId: string | null): boolean {
    return gatewayId === null ? this.member.isCertain : this.member.mayConnect(shardOf(gatewayId));
  }

  ownerOf(gatewayId: string): Owner | null {
    const id = this.tables.ownerOf(shardOf(gatewayId));
    const name = id === null ? null : this.tables.nameOf(id);
    return id === null || name === null ? null : { id, name, isLive: this.member.isLive(id) };
  }

  onGained(listener: ShardsListener): void {
    this.listeners.gained.push(listener);
  }

  onGiven(listener: ShardsListener): void {
    this.listeners.given.push(listener);
  }

  onLost(listener: LossListener): void {
    this.listeners.lost.push(listener);
  }

  /** Waits for a service that runs alone to end, as that service would for this one. */
  private async join(): Promise<void> {
    const { SESSION_LOCK_TIMEOUT_MS: timeoutMs } = this.config.env;
    const deadline = performance.now() + timeoutMs;
    const generation = Date.now();
    for (;;) {
      const outcome = await this.register(generation);
      if (outcome === 'member') {
        this.member.start();
        return;
      }
      if (this.leaving.signal.aborted) return;
      const isFinal = outcome === 'superseded' || outcome === 'incompatible';
      if (isFinal || performance.now() > deadline) {
        this.fail(isFinal ? WHY_NOT[outcome] : outcome.message);
        return;
      }
      this.logger.warn({ timeoutMs, err: outcome.cause }, `this replica cannot join yet: ${outcome.message}`);
      await sleep(JOIN_AGAIN_MS, undefined, { signal: this.leaving.signal }).catch(() => undefined);
    }
  }

  private async leave(): Promise<void> {
    await this.joined;
    if (!this.member.isStarted) return;
    const left = new Promise<void>((resolve) => (this.onLeft = resolve));
    this.member.drain();
    await left;
  }

  private register(generation: number): Promise<Registration | Error> {
    return this.tables.register(this.self, generation).catch((error: unknown) => {
      return error instanceof SoleServiceRunsError
        ? error
        : new Error('the database cannot be reached', { cause: error });
    });
  }

  private surroundings(): Surroundings {
    return {
      tables: this.memberTables(),
      now: () => performance.now(),
      after: (ms, run) => void setTimeout(run, ms),
      ask: (peer, done) => {
        void this.peers.ask(peer).then((answer) => {
          if (answer) done(answer);
        });
      },
      tellEnded: (peer) => {
        this.ended += 1;
        this.logger.warn(
          { replica: this.tables.nameOf(peer), replicaId: peer },
          'a replica was silent and has been ended',
        );
        this.peers.tellEnded(peer);
      },
      nudge: () => this.peers.nudge(),
      onGained: (holdings) => {
        const shards = holdings.map(([shard]) => shard);
        for (const [shard, epoch] of holdings) this.latestEpochs.set(shard, epoch);
        this.logger.info({ shards: shards.length, owned: this.member.holdings.size }, 'shards gained');
        this.tell(this.listeners.tellGained(shards));
      },
      onGiven: (shards, done) => {
        this.logger.info({ shards: shards.length, owned: this.member.holdings.size }, 'giving shards back');
        void this.listeners
          .tellGiven(shards)
          .catch((error: unknown) => this.logError(error))
          .then(done);
      },
      onLost: (shards, why) => this.onShardsLost(shards, why),
      onOver: (why) => {
        if (why === 'ended') this.fail('this replica was ended: it was silent, or another was started under its name');
        this.onLeft();
      },
    };
  }

  private onShardsLost(shards: readonly number[], why: LossReason): void {
    this.logger.warn({ shards: shards.length, owned: this.member.holdings.size, why }, 'shards lost');
    this.tell(this.listeners.tellLost(shards, why));
  }

  private tell(told: Promise<void>): void {
    told.catch((error: unknown) => this.logError(error));
  }

  private logError(error: unknown): void {
    this.logger.error({ err: error }, 'sessions cannot follow a change of shards');
  }

  private memberTables(): MemberTables {
    const { tables, self } = this;
    const { id } = self;
    return {
      register: (done) => done(true), // `join` has done it.
      look: (done) => this.answer(this.look(), done),
      end: (other, beat, version, done) => this.answer(tables.end(other, beat, version, id), done),
      plan: (version, changes, done) => this.answer(tables.plan(version, changes), done),
      claim: (shards, done) => this.answer(tables.claim(id, shards), done),
      reclaim: (holdings, done) => this.answer(tables.reclaim(id, holdings), done),
      release: (holdings, done) => this.answer(tables.release(id, holdings), done),
      drain: (done) => this.answer(tables.drain(id), done),
      leave: (done) => this.answer(tables.leave(id), done),
    };
  }

  private async look(): Promise<Look> {
    const askedAt = performance.now();
    const look = await this.tables.look(this.self.id);
    this.lookMs = performance.now() - askedAt;
    return look;
  }

  private answer<T>(asked: Promise<T>, done: Answer<T>): void {
    asked.then(done, (error: unknown) => {
      if (error instanceof SoleServiceRunsError) this.onSoleService(error);
      done(null);
    });
  }

  /** The lock was lost with its connection, and a service that runs alone took it before this one was back. */
  private onSoleService({ message }: Error): void {
    const shards = [...this.member.holdings.keys()];
    this.member.stop();
    if (shards.length > 0) this.onShardsLost(shards, 'taken');
    this.fail(message);
  }
}
