import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordKind } from '../../../simulator/model/records';
import type { ReadingsPlant } from './plant';

/** One step of a history. Every step is possible at any time. */
export class Step {
  constructor(
    private readonly text: string,
    private readonly act: (plant: ReadingsPlant) => void | Promise<void>,
  ) {}

  async run(plant: ReadingsPlant): Promise<void> {
    try {
      await this.act(plant);
    } catch (error) {
      throw new Error(`in the step: ${this.text}`, { cause: error });
    }
  }

  toString(): string {
    return this.text;
  }
}

export const pause = (ms: number): Step => new Step(`pause ${ms} ms`, () => sleep(ms));

export const notify = (index: number, kind: RecordKind, times: number): Step =>
  new Step(`${index} measures ${kind} ${times} times`, (plant) => plant.at(index).notify(kind, times));

export const measureSilently = (index: number, kind: RecordKind, times: number): Step =>
  new Step(`${index} measures ${kind} ${times} times, and notifies nobody`, (plant) =>
    plant.at(index).measureSilently(kind, times),
  );

export const schedule = (index: number, everyMs: number | null): Step =>
  new Step(`${index} measures every ${everyMs ?? 'never'} ms`, (plant) => plant.at(index).schedule(everyMs));

export const drop = (index: number, code?: number): Step =>
  new Step(`${index} drops its connections, ${code ?? 'by a reset'}`, (plant) => plant.at(index).gateway.drop(code));

export const freeze = (index: number): Step =>
  new Step(`${index} freezes`, (plant) => plant.at(index).gateway.freeze());

export const thaw = (index: number): Step => new Step(`${index} thaws`, (plant) => plant.at(index).gateway.thaw());

export const unplug = (index: number): Step => new Step(`${index} is unplugged`, (plant) => plant.at(index).unplug());

export const plugIn = (index: number): Step => new Step(`${index} is plugged in`, (plant) => plant.at(index).plugIn());

/** Without a connection for longer than a reply, or a short history, can hold. */
export const outage = (index: number, times: number): Step =>
  new Step(`${index} is unplugged, and measures ${times} times of each kind`, async (plant) => {
    await plant.at(index).unplug();
    for (const kind of ['reading', 'temp', 'batt'] as const) plant.at(index).notify(kind, times);
    await plant.at(index).plugIn();
  });

export const deleteRecords = (index: number, kind: RecordKind, skip: number, length: number): Step =>
  new Step(`${index} deletes ${length} of ${kind}, but for the newest ${skip}`, (plant) =>
    plant.at(index).deleteRecords(kind, skip, length),
  );

export const resetIds = (index: number, clear: boolean): Step =>
  new Step(`${index} numbers from 1${clear ? ', and deletes all' : ''}`, (plant) => plant.at(index).resetIds(clear));

export const moveClock = (index: number, byMs: number): Step =>
  new Step(`${index} moves its clock by ${byMs} ms`, (plant) => plant.at(index).moveClock(byMs));

export const killService = new Step('kill -9 of the service', (plant) => plant.killService());
export const killDatabase = new Step('kill -9 of PostgreSQL', (plant) => plant.killDatabase());
export const databaseIsAway = new Step('PostgreSQL goes away', (plant) => plant.databaseIsAway());
export const databaseIsBack = new Step('PostgreSQL comes back', (plant) => plant.databaseIsBack());
