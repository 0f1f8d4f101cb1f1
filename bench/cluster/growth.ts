import type { Host } from './host';
import { atRest } from './scenarios';
import type { World } from './world';

export interface GrowthOptions {
  readonly seed: number;
  readonly replicas: number;
  readonly shards: number;
  readonly gateways: number;
}

/** What many replicas did, in milliseconds where nothing else is said. Null: not within the time that was waited. */
export interface Growth {
  /** Gateways of the fullest replica, compared with the mean. */
  readonly loadMaxToMean: number;
  readonly statementsPerSecond: number;
  /** Five replicas die at once: until all shards are owned again, and how many moved. */
  readonly killedMs: number | null;
  readonly killedMoved: number;
  /** Half of the replicas are frozen at once. */
  readonly frozenMs: number | null;
  /** Ten replicas drain and start again, one after the other: how often a shard changed its owner, on average. */
  readonly upgradeMovesPerShard: number;
  readonly violations: readonly string[];
}

const WITHIN_MS = 120_000;
const UPGRADED = 10;
const KILLED = 5;

/** Runs a large cluster through deaths, freezes and a rolling upgrade. */
export function runGrowth({ gateways, ...options }: GrowthOptions): Growth {
  const world = atRest(options);
  const loadMaxToMean = loadOf(world, gateways);
  const statements = world.statements;
  world.runFor(60_000);
  const statementsPerSecond = (world.statements - statements) / 60;
  const killed = killSome(world);
  world.runUntil(() => world.isBalanced, WITHIN_MS, 100);
  const frozenMs = freezeHalf(world);
  const upgradeMovesPerShard = upgrade(world);
  const { violations } = world;
  return { loadMaxToMean, statementsPerSecond, ...killed, frozenMs, upgradeMovesPerShard, violations };
}

/** Ids are random, so gateways fall into shards at random. */
function loadOf(world: World, gateways: number): number {
  const load = new Array<number>(world.shards).fill(0);
  for (let count = 0; count < gateways; count += 1) {
    const shard = Math.floor(world.random() * world.shards);
    load[shard] = (load[shard] ?? 0) + 1;
  }
  const loads = world.hosts.map(({ member }) =>
    [...member.holdings.keys()].reduce((sum, shard) => sum + (load[shard] ?? 0), 0),
  );
  return Math.max(...loads) / (gateways / world.hosts.length);
}

function killSome(world: World) {
  const owners = world.tables.shards.map(({ owner }) => owner);
  const killed = world.hosts.slice(0, Math.min(KILLED, world.hosts.length - 1));
  killed.forEach((host) => host.kill());
  const killedMs = untilOwned(world, (host) => !killed.includes(host));
  const killedMoved = world.tables.shards.filter(({ owner }, shard) => owner !== owners[shard]).length;
  killed.forEach((host) => world.start(host));
  return { killedMs, killedMoved };
}

function freezeHalf(world: World): number | null {
  const frozen = world.hosts.slice(0, Math.floor(world.hosts.length / 2));
  for (const host of frozen) host.pause(30_000 + world.random() * 10_000);
  const frozenMs = untilOwned(world, (host) => !frozen.includes(host));
  world.runFor(60_000);
  world.runUntil(() => world.isBalanced && world.sockets.hasOneEach, WITHIN_MS, 100);
  return frozenMs;
}

function upgrade(world: World): number {
  const { gains } = world;
  for (const host of world.hosts.slice(0, UPGRADED)) {
    host.member.drain();
    world.runUntil(() => !host.isUp, WITHIN_MS, 100);
    world.runFor(3000);
    world.start(host);
    world.runUntil(() => world.isBalanced, WITHIN_MS, 100);
  }
  return (world.gains - gains) / world.shards;
}

function untilOwned(world: World, among: (host: Host) => boolean): number | null {
  return world.runUntil(() => world.countOwned(among) === world.shards, WITHIN_MS, 100);
}
