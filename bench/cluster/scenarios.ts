import type { Host } from './host';
import { World } from './world';
import type { WorldOptions } from './world';

/** What one fault did to a cluster that was at rest. Times in milliseconds; null: not within the time that was waited. */
export interface Effect {
  /** Until every shard was owned again by a process that the fault did not touch. */
  readonly ownedAgainMs: number | null;
  /** Shards with another owner than before, once all are owned again. */
  readonly moved: number;
  /** The fewest shards that had a socket at a time. */
  readonly fewestSockets: number;
  /** The longest time that a shard had no socket. */
  readonly longestGapMs: number;
  /** The longest time that two running processes had a socket to the same shard. */
  readonly longestOverlapMs: number;
  readonly violations: readonly string[];
}

const WAIT_MS = 60_000;
const JOIN_WITHIN_MS = 120_000;
/** How long a fault is watched, after its end as well. */
const WATCH_MS = 90_000;

/** Single faults, by name. Each ends by itself within `WATCH_MS`. */
export const SCENARIOS = {
  kill: (_world: World, host: Host) => host.kill(),
  'restart under its name': (world: World, host: Host) => {
    host.kill();
    world.after(300, () => world.start(host));
  },
  freeze: (_world: World, host: Host) => host.pause(40_000),
  'cut from the database': (_world: World, host: Host) => (host.isCutFromTables = true),
  'cut from the peers': (_world: World, host: Host) => (host.isCutFromPeers = true),
  isolate: (_world: World, host: Host) => (host.isCutFromTables = host.isCutFromPeers = true),
  drain: (_world: World, host: Host) => host.member.drain(),
  join: (world: World) => world.start(world.addHost()),
  'restart of the database': (world: World) => outage(world, 500),
  'outage of 60 s': (world: World) => outage(world, 60_000),
} as const;

export type Scenario = keyof typeof SCENARIOS;

/** Starts a cluster, lets one fault happen to it, and watches. */
export function runScenario(name: Scenario, options: WorldOptions): Effect {
  const world = atRest(options);
  const host = world.hosts[options.seed % world.hosts.length];
  if (!host) throw new RangeError('a cluster needs a replica');
  world.runFor(world.random() * 1500);
  const before = world.tables.shards.map(({ owner }) => owner);
  const gaps = new Gaps(world);
  SCENARIOS[name](world, host);
  const isOver = () => {
    gaps.look();
    if (name === 'join') return world.isBalanced;
    if (name === 'drain') return !host.isUp && world.countOwned() === world.shards;
    const others = name.startsWith('outage') || name.startsWith('restart') || name === 'cut from the peers';
    return world.countOwned((other) => others || other !== host) === world.shards;
  };
  const ownedAgainMs = world.runUntil(isOver, name === 'join' ? JOIN_WITHIN_MS : WAIT_MS);
  const moved = world.tables.shards.filter(({ owner }, shard) => owner !== before[shard]).length;
  world.runUntil(() => gaps.look(), WATCH_MS, 100);
  return {
    ownedAgainMs,
    moved,
    fewestSockets: gaps.fewest,
    longestGapMs: gaps.longestMs,
    longestOverlapMs: world.sockets.longestOverlapMs,
    violations: world.violations,
  };
}

/** A cluster whose members have all joined, hold as many shards as each other, and have a socket to every gateway. */
export function atRest(options: WorldOptions): World {
  const world = new World(options);
  world.hosts.forEach((host, index) => world.after(index * 10, () => host.start()));
  const isAtRest = () => world.isBalanced && world.sockets.hasOneEach;
  if (world.runUntil(isAtRest, JOIN_WITHIN_MS, 100) === null)
    throw new Error(`seed ${options.seed} does not come to rest`);
  world.runFor(5000);
  return world;
}

function outage(world: World, ms: number): void {
  world.areTablesUp = false;
  world.after(ms, () => (world.areTablesUp = true));
}

/** Watches which shards have no socket, and for how long. */
class Gaps {
  fewest = Infinity;
  longestMs = 0;
  private readonly since = new Map<number, number>();

  constructor(private readonly world: World) {}

  look(): false {
    const { now, shards, sockets } = this.world;
    for (let shard = 0; shard < shards; shard += 1) {
      if (sockets.countOf(shard) > 0) this.since.delete(shard);
      else if (!this.since.has(shard)) this.since.set(shard, now);
      this.longestMs = Math.max(this.longestMs, now - (this.since.get(shard) ?? now));
    }
    this.fewest = Math.min(this.fewest, sockets.open);
    return false;
  }
}
