import type { AsyncCommand } from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectAgreement, expectOneSocketEach, expectOutcomes } from './expectations';
import type { BlowName, FaultName } from './faults';
import type { Model } from './model';
import { FAIR_ANSWERS } from './operations';
import type { Operation } from './operations';
import { GATEWAYS } from './plant';
import type { Plant } from './plant';

/** One step of a history. Every step is possible at any time: for a deleted gateway, the answer is 404. */
class Command implements AsyncCommand<Model, Plant> {
  constructor(
    private readonly text: string,
    private readonly act: (model: Model, plant: Plant) => void | Promise<void>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(model: Model, plant: Plant): Promise<void> {
    try {
      await this.act(model, plant);
      expectOneSocketEach(plant);
    } catch (error) {
      throw new Error(`in the step: ${this.text}`, { cause: error });
    }
  }

  toString(): string {
    return this.text;
  }
}

export const alone = (operation: Operation): Command =>
  new Command(operation.text, async (model, plant) => {
    const answer = await operation.send(plant);
    expect(answer).toBe(operation.apply(model));
  });

/** Sends several operations at once. The table decides which came last, so the model is read back from it. */
export const atOnce = (operations: readonly Operation[]): Command =>
  new Command(`at once (${operations.map(({ text }) => text).join(', ')})`, async (model, plant) => {
    for (const answer of await Promise.all(operations.map((operation) => operation.send(plant)))) {
      expect(FAIR_ANSWERS).toContain(answer);
    }
    for (let index = 0; index < GATEWAYS; index += 1) model.wishes[index] = await plant.stored(index);
  });

export const look = new Command('look', expectAgreement);
export const settle = new Command('settle', expectOutcomes);
export const restart = new Command('restart', (_, plant) => plant.hub.restart());
export const pause = (ms: number): Command => new Command(`pause ${ms} ms`, () => sleep(ms));

export const begin = (index: number, fault: FaultName): Command =>
  new Command(`${index} ${fault}`, (_, plant) => plant.faultyDevice(index).begin(fault));

export const mend = (index: number): Command =>
  new Command(`${index} is better`, (_, plant) => plant.faultyDevice(index).mend());

export const heal = (index: number): Command =>
  new Command(`${index} is well`, (_, plant) => plant.faultyDevice(index).heal());

export const strike = (index: number, blow: BlowName): Command =>
  new Command(`${index} ${blow}`, (_, plant) => plant.faultyDevice(index).strike(blow));
