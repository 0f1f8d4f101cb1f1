import type { Bench } from '../bench';
import { figureOf } from '../figure';
import type { Figure } from '../figure';
import { measureIdle } from './idle';
import type { Idle } from './idle';
import { Plant } from './plant';
import { measureStartUp } from './start-up';

/** Measures how fast many gateways connect, and what they cost while idle. */
export async function fleetPart(bench: Bench): Promise<Figure[]> {
  const { size } = bench;
  const plant = await Plant.start(bench, Math.max(...size.startFleets, ...size.idleFleets));
  const figures: Figure[] = [];
  for (const count of size.startFleets) figures.push(...(await measureStartUp(plant, count, size.rounds)));

  const fleets: Fleet[] = [];
  for (const count of size.idleFleets) {
    const fleet = { count, idle: await measureIdle(plant, count, size) };
    fleets.push(fleet);
    figures.push(...figuresOf(fleet, count === size.idleFleets.at(-1)));
  }
  return [...figures, ...growth(fleets)];
}

interface Fleet {
  readonly count: number;
  readonly idle: Idle;
}

/** The bars apply to the largest fleet, so only its ids have no size suffix. */
function figuresOf({ count, idle }: Fleet, isLargest: boolean): Figure[] {
  const id = (name: string): string => (isLargest ? `fleet.${name}` : `fleet.${name}-${count}`);
  return [
    figureOf({ id: id('cpu'), title: `idle CPU per session, ${count}`, unit: 'ms/min' }, idle.cpu),
    { id: id('statements'), title: `database statements, ${count} idle`, unit: '/min', count: idle.statements },
  ];
}

/**
 * Growth from the smallest fleet to the largest. The difference excludes the base memory of the programs, which V8 returns at its
 * own pace.
 */
function growth([smallest, ...others]: readonly Fleet[]): Figure[] {
  const largest = others.at(-1);
  if (!smallest || !largest) return [];
  const sessions = largest.count - smallest.count;
  const memory = largest.idle.memory.map(({ product, baseline }, index) => ({
    product: (product - (smallest.idle.memory[index]?.product ?? NaN)) / sessions,
    baseline: (baseline - (smallest.idle.memory[index]?.baseline ?? NaN)) / sessions,
  }));
  const cpu = largest.idle.cpu.map(({ product }, index) => ({
    product,
    baseline: smallest.idle.cpu[index]?.product ?? NaN,
  }));
  const fleets = `${largest.count} against ${smallest.count}`;
  return [
    figureOf({ id: 'fleet.memory', title: `memory per idle session, ${fleets}`, unit: 'kB' }, memory),
    figureOf({ id: 'fleet.cpu-growth', title: `idle CPU per session, ${fleets}`, unit: 'ms/min' }, cpu),
  ];
}
