import { Member } from '../../src/ownership/protocol/member';
import type { Answer, Holding, MemberTables, Surroundings } from '../../src/ownership/protocol/surroundings';
import { STATEMENT_TIMEOUT_MS } from '../../src/ownership/protocol/timing';
import type { Timing } from '../../src/ownership/protocol/timing';
import type { ModelTables } from './model-tables';
import type { Sockets } from './sockets';

/** How often a process orders and writes, in milliseconds: after this, and as much again at most. */
const ACT_EVERY_MS = 200;
const ACTS_AT_ONCE = 3;

/** What a process meets in its world: see `World`. */
export interface HostWorld {
  readonly now: number;
  readonly timing: Timing;
  readonly hosts: readonly Host[];
  readonly tables: ModelTables;
  readonly sockets: Sockets;
  readonly losses: Record<string, number>;
  readonly random: () => number;
  gains: number;
  statements: number;
  after(ms: number, run: () => void): void;
  send(from: Host, to: Host, run: () => void): void;
  toTables(host: Host, run: () => void): void;
  start(host: Host): void;
  act(host: Host, holding: Holding): void;
  checkOwner(shard: number, host: Host): void;
  checkHeld(host: Host): void;
}

/** A process of the cluster on a machine of its own: it can die, be frozen and be cut off. */
export class Host {
  /** What it runs. Absent before the first start. */
  member!: Member;
  isUp = false;
  isPaused = false;
  isCutFromTables = false;
  isCutFromPeers = false;
  private starts = 0;
  private inbox: (() => void)[] = [];
  /** By how much its clock stood still while its machine was suspended. */
  private stolenMs = 0;
  /** The dials that are due, by shard. A newer one, or closing, makes an older one void. */
  private dials = new Map<number, object>();
  /** What to do once the closing socket of a shard is gone. */
  private afterClose = new Map<number, () => void>();

  /** @param clockRate how fast its clock runs */
  constructor(
    readonly name: string,
    private readonly world: HostWorld,
    private readonly clockRate: number,
    private readonly clockOffset: number,
  ) {}

  get id(): string {
    return `${this.name}#${this.starts}`;
  }

  get isRunning(): boolean {
    return this.isUp && !this.isPaused;
  }

  start(): void {
    this.isUp = true;
    this.isPaused = false;
    this.inbox = [];
    this.dials = new Map();
    this.afterClose = new Map();
    this.starts += 1;
    this.stolenMs = 0;
    this.member = new Member(this.id, this.surroundings(), this.world.timing);
    this.member.start();
    this.after(100, () => this.act());
  }

  kill(): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.world.sockets.closeAll(this);
    this.member.stop();
  }

  /** @param isMachine whether its clock stands still as well, as when a virtual machine is suspended */
  pause(ms: number, isMachine = false): void {
    if (!this.isRunning) return;
    const { starts, world } = this;
    world.sockets.countAll();
    this.isPaused = true;
    world.after(ms, () => {
      if (this.starts !== starts || !this.isUp) return;
      world.sockets.countAll();
      if (isMachine) this.stolenMs += ms * this.clockRate;
      this.isPaused = false;
      world.checkHeld(this);
      for (const run of this.inbox.splice(0)) this.deliver(starts, run);
    });
  }

  /** Runs something in its present process: at once, or when it is no longer frozen. */
  deliver(starts: number, run: () => void): void {
    if (this.starts !== starts || !this.isUp) return;
    if (this.isPaused) this.inbox.push(run);
    else run();
  }

  /** Like `deliver`, in whatever process runs now. */
  deliverNow(run: () => void): void {
    this.deliver(this.starts, run);
  }

  private get now(): number {
    return this.clockOffset + this.world.now * this.clockRate - this.stolenMs;
  }

  private after(ms: number, run: () => void): void {
    const { starts } = this;
    this.world.after(ms / this.clockRate, () => this.deliver(starts, run));
  }

  private surroundings(): Surroundings {
    const { world, id } = this;
    const peer = (other: string) => world.hosts.find((host) => host.isUp && host.id === other);
    return {
      tables: this.tables(),
      now: () => this.now,
      after: (ms, run) => this.after(ms, run),
      ask: (other, done) => {
        const asked = peer(other);
        if (!asked) return;
        world.send(this, asked, () => {
          const answer = asked.member.answer(id);
          world.send(asked, this, () => done(answer));
        });
      },
      tellEnded: (other) => {
        const told = peer(other);
        if (told) world.send(this, told, () => told.member.told());
      },
      nudge: () => {
        for (const other of world.hosts)
          if (other !== this && other.isUp) world.send(this, other, () => other.member.look());
      },
      onGained: (holdings) => this.open(holdings),
      onGiven: (shards, done) => this.close(shards, done),
      onLost: (shards, why) => {
        world.losses[why] = (world.losses[why] ?? 0) + shards.length;
        this.close(shards, () => undefined);
      },
      onOver: (why) => {
        this.kill();
        if (why === 'ended') world.after(1000 + world.random() * 3000, () => world.start(this));
      },
    };
  }

  private tables(): MemberTables {
    const { id, name, starts } = this;
    return {
      register: (done) => this.ask((tables) => tables.register(id, name, starts), done),
      look: (done) => this.ask((tables) => tables.look(id), done),
      end: (other, beat, version, done) => this.ask((tables) => tables.end(other, beat, version), done),
      plan: (version, changes, done) => this.ask((tables) => tables.plan(version, changes), done),
      claim: (shards, done) => this.ask((tables) => tables.claim(id, shards), done),
      reclaim: (holdings, done) => this.ask((tables) => tables.reclaim(id, holdings), done),
      release: (holdings, done) => this.ask((tables) => tables.release(id, holdings), done),
      drain: (done) => this.ask((tables) => tables.drain(id), done),
      leave: (done) => this.ask((tables) => tables.leave(id), done),
    };
  }

  /** A statement: it may take effect, and its answer may still be lost. */
  private ask<T>(statement: (tables: ModelTables) => T, done: Answer<T>): void {
    const { world, starts } = this;
    let isAnswered = false;
    const answer = (result: T | null) => {
      if (!isAnswered) done(result);
      isAnswered = true;
    };
    world.statements += 1;
    world.toTables(this, () => {
      const result = statement(world.tables);
      world.toTables(this, () => this.deliver(starts, () => answer(result)));
    });
    this.after(STATEMENT_TIMEOUT_MS, () => answer(null));
  }

  private open(holdings: readonly Holding[]): void {
    const { world } = this;
    for (const [shard] of holdings) {
      world.gains += 1;
      world.checkOwner(shard, this);
      const token = {};
      this.dials.set(shard, token);
      const dial = () =>
        this.after(20 + world.random() * 300, () => {
          if (this.dials.get(shard) === token && this.member.holdings.has(shard)) world.sockets.set(this, shard, true);
        });
      if (world.sockets.has(this, shard)) this.afterClose.set(shard, dial);
      else dial();
    }
  }

  private close(shards: readonly number[], done: () => void): void {
    let left = shards.length;
    for (const shard of shards) {
      this.dials.delete(shard);
      this.after(20 + this.world.random() * 80, () => {
        this.world.sockets.set(this, shard, false);
        const next = this.afterClose.get(shard);
        this.afterClose.delete(shard);
        next?.();
        if ((left -= 1) === 0) done();
      });
    }
  }

  private act(): void {
    const holdings = [...this.member.holdings];
    for (let count = 0; count < ACTS_AT_ONCE && holdings.length > 0; count += 1) {
      const holding = holdings[Math.floor(this.world.random() * holdings.length)];
      if (holding) this.world.act(this, holding);
    }
    this.after(ACT_EVERY_MS * (1 + this.world.random()), () => this.act());
  }
}
