import { seededRandom } from '../../simulator/seeded-random';
import type { Holding } from '../../src/ownership/protocol/surroundings';
import { TIMING } from '../../src/ownership/protocol/timing';
import type { Timing } from '../../src/ownership/protocol/timing';
import { EventQueue } from './event-queue';
import { Host } from './host';
import type { HostWorld } from './host';
import { ModelTables } from './model-tables';
import { Sockets } from './sockets';

export interface WorldOptions {
  readonly seed: number;
  readonly replicas: number;
  readonly shards: number;
  readonly timing?: Partial<Timing>;
  /** By how much the rate of a clock may differ from that of the world, as a fraction. */
  readonly drift?: number;
}

/**
 * A cluster in which time passes only from event to event: processes with clocks that drift, tables that are slow or away, and messages that
 * take their time or are lost. The same seed gives the same run. It notes every breach of what the protocol promises.
 */
export class World implements HostWorld {
  now = 0;
  readonly hosts: Host[] = [];
  readonly tables: ModelTables;
  readonly sockets: Sockets;
  readonly timing: Timing;
  readonly random: () => number;
  /** What must never happen, in words. */
  readonly violations: string[] = [];
  readonly losses: Record<string, number> = {};
  areTablesUp = true;
  /** The longest extra delay of a message to or from the tables, in milliseconds. */
  tablesSlownessMs = 0;
  gains = 0;
  statements = 0;
  writes = 0;
  refusedWrites = 0;
  private readonly latestRows = new Map<number, { epoch: number; by: string }>();
  private readonly queue = new EventQueue();
  private readonly drift: number;

  constructor({ seed, replicas, shards, timing = {}, drift = 2e-4 }: WorldOptions) {
    this.random = seededRandom(seed);
    this.timing = { ...TIMING, ...timing };
    this.drift = drift;
    this.tables = new ModelTables(shards);
    this.sockets = new Sockets(shards, () => this.now);
    for (let index = 0; index < replicas; index += 1) this.addHost();
  }

  get shards(): number {
    return this.tables.shards.length;
  }

  /** How many shards each running process holds. */
  get balance(): number[] {
    return this.hosts.filter(({ isUp }) => isUp).map(({ member }) => member.holdings.size);
  }

  /** Whether all shards are owned, every process is up, and all hold the same number, give or take one. */
  get isBalanced(): boolean {
    const { balance } = this;
    const isEven = Math.max(...balance) - Math.min(...balance) <= 1;
    return balance.length === this.hosts.length && isEven && this.countOwned() === this.shards;
  }

  addHost(): Host {
    const rate = 1 + (this.random() * 2 - 1) * this.drift;
    const host = new Host(`replica-${this.hosts.length}`, this, rate, this.random() * 1e6);
    this.hosts.push(host);
    return host;
  }

  start(host: Host): void {
    if (!host.isUp) host.start();
  }

  after(ms: number, run: () => void): void {
    this.queue.push(this.now + Math.max(0, ms), run);
  }

  runFor(ms: number): void {
    const until = this.now + ms;
    while (this.queue.nextAt <= until) {
      const event = this.queue.pop();
      if (!event) break;
      this.now = event.at;
      event.run();
    }
    this.now = until;
  }

  /** @returns how long it took until the condition held; null if it did not within `atMostMs` */
  runUntil(isMet: () => boolean, atMostMs: number, stepMs = 20): number | null {
    const since = this.now;
    while (this.now - since < atMostMs) {
      this.runFor(stepMs);
      if (isMet()) return this.now - since;
    }
    return null;
  }

  /** Shards that one of these processes may send orders for. */
  countOwned(among: (host: Host) => boolean = () => true): number {
    const running = this.hosts.filter((host) => host.isRunning && among(host));
    return this.tables.shards.filter((_row, shard) => running.some(({ member }) => member.mayOrder(shard))).length;
  }

  /** A message from one process to another, unless one of them is cut off when it arrives. */
  send(from: Host, to: Host, run: () => void): void {
    const { id } = to;
    this.after(this.latencyMs(), () => {
      if (!from.isCutFromPeers && !to.isCutFromPeers && to.id === id) to.deliverNow(run);
    });
  }

  /** One way between a process and the tables. */
  toTables(host: Host, run: () => void): void {
    this.after(this.latencyMs() + this.random() * this.tablesSlownessMs, () => {
      if (this.areTablesUp && !host.isCutFromTables) run();
    });
  }

  /** Sends an order, if that is permitted, and writes a row about what was seen now. */
  act(host: Host, holding: Holding): void {
    const [shard, epoch] = holding;
    const { id } = host.member;
    if (host.member.mayOrder(shard)) this.checkOwner(shard, host);
    this.writes += 1;
    this.toTables(host, () => {
      if (this.tables.accepts(id, holding)) this.checkRow(shard, epoch, id);
      else this.refusedWrites += 1;
    });
  }

  /** Notes whether another process may order as well. Call when a process gains a shard, or orders. */
  checkOwner(shard: number, host: Host): void {
    for (const other of this.hosts) {
      if (other !== host && other.isRunning && other.member.mayOrder(shard)) {
        this.violate(`both ${host.name} and ${other.name} may order in shard ${shard}`);
      }
    }
  }

  /** The same for everything that a process holds. Call when it is no longer frozen. */
  checkHeld(host: Host): void {
    for (const shard of host.member.holdings.keys()) if (host.member.mayOrder(shard)) this.checkOwner(shard, host);
  }

  /** A row is stale if one of a later owner was stored before it. */
  private checkRow(shard: number, epoch: number, by: string): void {
    const latest = this.latestRows.get(shard);
    if (latest && (latest.epoch > epoch || (latest.epoch === epoch && latest.by !== by))) {
      this.violate(`${by} wrote a row of shard ${shard} after ${latest.by} had`);
    }
    this.latestRows.set(shard, { epoch, by });
  }

  private violate(what: string): void {
    this.violations.push(`${what}, at ${Math.round(this.now)} ms`);
  }

  /** Most messages are fast, some are not, and a few are very slow. */
  private latencyMs(): number {
    const chance = this.random();
    if (chance < 0.98) return 0.3 + this.random() * 3;
    if (chance < 0.998) return 20 + this.random() * 80;
    return 200 + this.random() * 1500;
  }
}
