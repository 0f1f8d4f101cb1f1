import type { Bench } from '../bench';
import { figureOf } from '../figure';
import type { Figure } from '../figure';
import { measureEmpty, measureIdle } from './idle';
import type { Idle } from './idle';
import { Plant } from './plant';
import { measureStartUp } from './start-up';

/** Many gateways: how fast they are connected, and what they cost when nothing happens. */
export async function fleetPart(bench: Bench): Promise<Figure[]> {
  const { size } = bench;
  const plant = await Plant.start(bench, Math.max(...size.startFleets, ...size.idleFleets));
  const figures: Figure[] = [];
  for (const count of size.startFleets) figures.push(...(await measureStartUp(plant, count, size.rounds)));

  const emptyMb = await measureEmpty(plant, size);
  const idle: Idle[] = [];
  for (const count of size.idleFleets) {
    const fleet = await measureIdle(plant, count, size, emptyMb);
    idle.push(fleet);
    const isLargest = count === size.idleFleets.at(-1);
    figures.push(...figuresOf(fleet, count, isLargest));
  }
  return [...figures, ...growth(idle, size.idleFleets)];
}

/** The bars are about the largest fleet. */
function figuresOf({ cpu, memory, statements }: Idle, count: number, isLargest: boolean): Figure[] {
  const id = (name: string): string => (isLargest ? `fleet.${name}` : `fleet.${name}-${count}`);
  const cpuSubject = { id: id('cpu'), title: `idle CPU per session, ${count}`, unit: 'ms/min' };
  return [
    figureOf({ id: id('memory'), title: `memory per idle session, ${count}`, unit: 'kB' }, memory),
    figureOf(cpuSubject, cpu),
    { id: id('statements'), title: `database statements, ${count} idle`, unit: '/min', count: statements },
  ];
}

/** The product against itself: what a session costs in the largest fleet, and in the smallest. */
function growth(idle: readonly Idle[], [smallest]: readonly number[]): Figure[] {
  const rounds = (idle.at(-1)?.cpu ?? []).map(({ product }, index) => ({
    product,
    baseline: idle[0]?.cpu[index]?.product ?? NaN,
  }));
  const title = `idle CPU per session, largest fleet against ${smallest ?? 0}`;
  return [figureOf({ id: 'fleet.cpu-growth', title, unit: 'ms/min' }, rounds)];
}
