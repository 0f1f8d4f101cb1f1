import type { Host } from './host';
import { World } from './world';
import type { WorldOptions } from './world';

export interface ChaosOptions extends WorldOptions {
  readonly minutes: number;
  /** Whether machines are suspended as well, with their clocks. Then orders of two are possible: no clock can tell. */
  readonly hasSuspensions?: boolean;
}

export interface ChaosResult {
  readonly world: World;
  readonly faults: number;
  /** How long it took after the last fault until everything was in its place; null if it never was. */
  readonly convergedMs: number | null;
}

const START_MS = 15_000;
const MEAN_PAUSE_MS = 6000;
/** The longest fault ends by then. */
const LAST_FAULT_MS = 41_000;
const CONVERGE_WITHIN_MS = 90_000;

/** Up to which chance each kind of fault happens. */
type Fault = (world: World, host: Host, ms: number, options: ChaosOptions) => void;
const FAULTS: readonly (readonly [chance: number, fault: Fault])[] = [
  [0.2, kill],
  [0.45, (world, host, ms, { hasSuspensions }) => host.pause(ms, hasSuspensions === true && world.random() < 0.5)],
  [0.55, (world, host, ms) => cut(world, host, ms, { tables: true })],
  [0.65, (world, host, ms) => cut(world, host, ms, { peers: true })],
  [0.75, (world, host, ms) => cut(world, host, ms, { tables: true, peers: true })],
  [0.85, (world, _host, ms) => outage(world, ms / 2)],
  [0.95, slowness],
  [1, drain],
];

/** Runs a cluster through random faults, then mends everything and waits until all is in its place. */
export function runChaos(options: ChaosOptions): ChaosResult {
  const world = new World({ drift: 2e-3, ...options });
  world.hosts.forEach((host, index) => world.after(index * 100, () => host.start()));
  world.runFor(START_MS);
  let faults = 0;
  const until = options.minutes * 60_000;
  const next = () => {
    if (world.now > until) return;
    faults += 1;
    happen(world, options);
    world.after(-Math.log(1 - world.random()) * MEAN_PAUSE_MS, next);
  };
  world.after(1000, next);
  world.runFor(until - world.now + LAST_FAULT_MS);
  return { world, faults, convergedMs: converge(world) };
}

function happen(world: World, options: ChaosOptions): void {
  const host = world.hosts[Math.floor(world.random() * world.hosts.length)];
  const ms = 200 + world.random() ** 2 * 40_000;
  const chance = world.random();
  const [, fault] = FAULTS.find(([below]) => chance < below) ?? [];
  if (host && fault) fault(world, host, ms, options);
}

function kill(world: World, host: Host): void {
  host.kill();
  world.after(500 + world.random() * 20_000, () => world.start(host));
}

function cut(world: World, host: Host, ms: number, from: { tables?: true; peers?: true }): void {
  if (from.tables) host.isCutFromTables = true;
  if (from.peers) host.isCutFromPeers = true;
  world.after(ms, () => {
    if (from.tables) host.isCutFromTables = false;
    if (from.peers) host.isCutFromPeers = false;
  });
}

function outage(world: World, ms: number): void {
  world.areTablesUp = false;
  world.after(ms, () => (world.areTablesUp = true));
}

function slowness(world: World, _host: Host, ms: number): void {
  world.tablesSlownessMs = world.random() * 3000;
  world.after(ms, () => (world.tablesSlownessMs = 0));
}

function drain(world: World, host: Host): void {
  if (!host.isUp) return;
  host.member.drain();
  world.after(15_000, () => world.start(host));
}

function converge(world: World): number | null {
  for (const host of world.hosts) {
    host.isCutFromTables = host.isCutFromPeers = false;
    world.start(host);
  }
  world.areTablesUp = true;
  world.tablesSlownessMs = 0;
  const isInPlace = () => world.sockets.hasOneEach && world.isBalanced;
  const since = world.now;
  const restart = () => {
    // Those that were draining have left meanwhile.
    if (world.now - since > 20_000) for (const host of world.hosts) world.start(host);
    return isInPlace();
  };
  return world.runUntil(restart, CONVERGE_WITHIN_MS, 200);
}
