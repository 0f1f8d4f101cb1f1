import fc from 'fast-check';
import type { DeviceTraits } from './readings/device';
import { history } from './readings/history';
import { ReadingsPlant } from './readings/plant';
import type { Step } from './readings/steps';
import { repetitions, runs } from './support/replay';
import { report } from './support/report';
import { size } from './support/size';

const HISTORY_MS = 300_000;
/** Characters of the service's log that a failure shows. */
const LOG_SHOWN = 4_000;

jest.setTimeout(60_000 + size.readings.histories * HISTORY_MS);

describe('readings, through random histories', () => {
  let plant: ReadingsPlant;

  beforeAll(async () => {
    plant = await ReadingsPlant.start();
  });
  afterAll(async () => {
    await plant.close();
    report('Random histories of readings', { operations: size.readings.operations, ...plant.figures });
  });

  /** @returns what is wrong at the end, in words */
  async function live(traits: readonly DeviceTraits[], steps: readonly Step[]): Promise<string[]> {
    const over = new AbortController();
    try {
      await plant.build(traits);
      const watching = plant.watch(over.signal);
      try {
        for (const step of steps) await step.run(plant);
      } finally {
        over.abort();
        await watching;
      }
      await plant.settle();
      return await plant.verify();
    } catch (error) {
      throw new Error(`the service has said last:\n${plant.log.slice(-LOG_SHOWN)}`, { cause: error });
    } finally {
      await plant.clear();
    }
  }

  it('are stored once each, under their sensor, or reported as missing; and nothing is called complete that is not', async () => {
    const lastBegin = performance.now() + size.readings.beginWithinMs;
    const property = fc.asyncProperty(history(size.readings.operations), async ([traits, steps]) => {
      if (performance.now() > lastBegin) return;
      for (let time = 0; time < repetitions; time += 1) expect(await live(traits, steps)).toEqual([]);
    });
    await fc.assert(property, runs(size.readings.histories, 'readings-model'));
  });
});
