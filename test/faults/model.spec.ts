import fc from 'fast-check';
import type { AsyncCommand } from 'fast-check';
import { startTestApp } from '../support/create-app';
import { eventually } from '../support/eventually';
import { expectOneSocketEach, expectOutcomes } from './model/expectations';
import { history } from './model/history';
import { outcomeOf } from './model/model';
import type { Model } from './model/model';
import { GATEWAYS, Plant } from './model/plant';
import { collectUnhandled, moreResources, resources } from './support/leftovers';
import { report } from './support/report';
import { repetitions, runs } from './support/replay';
import { size } from './support/size';

jest.setTimeout(20_000 + size.histories * 15_000);

/** Short, so that a history of a second includes slow retries; only CLOSE_TIMEOUT_MS is longer than any stall of this process. */
const SETTINGS = {
  CLOSE_TIMEOUT_MS: '3000',
  LOGIN_TIMEOUT_MS: '500',
  RECONNECT_MAX_MS: '200',
  AUTH_RETRY_MS: '150',
};

const figures = { histories: 0, operations: 0, dials: 0, sessions: 0, connectedAtTheEnd: 0, socketsAtOnce: 0 };

/** What keeps this process alive before the first history. */
let before: Map<string, number>;

/** Runs a history on a new plant, heals all devices, and stops the service. */
async function live(commands: readonly AsyncCommand<Model, Plant>[]): Promise<void> {
  const plant = new Plant(await startTestApp(SETTINGS));
  const unhandled = collectUnhandled();
  const model: Model = { wishes: Array.from({ length: GATEWAYS }, () => null) };
  try {
    await plant.build();
    await fc.asyncModelRun(() => ({ model, real: plant }), commands);
    await plant.heal();
    await expectOutcomes(model, plant);
    await plant.hub.stop();
    await expectNothingLeft(plant, model);
    count(commands.length, plant, model);
  } finally {
    await plant.close();
    unhandled.stop();
  }
  expect(unhandled.errors).toEqual([]);
}

function count(operations: number, { allDevices }: Plant, { wishes }: Model): void {
  figures.histories += 1;
  figures.operations += operations;
  figures.connectedAtTheEnd += wishes.filter((wish) => outcomeOf(wish) === 'connected').length;
  for (const { upgradesAsked, loginCounts, maxOpenConnections } of allDevices) {
    figures.dials += upgradesAsked;
    figures.sessions += loginCounts.accepted;
    figures.socketsAtOnce = Math.max(figures.socketsAtOnce, maxOpenConnections);
  }
}

/** Right after the service has stopped, with all devices still listening. */
async function expectNothingLeft(plant: Plant, { wishes }: Model): Promise<void> {
  await eventually(() => {
    expect(plant.allDevices.map(({ openConnections }) => openConnections)).toEqual(plant.allDevices.map(() => 0));
    expect(moreResources(before, plant.allDevices.length)).toEqual([]);
  });
  const codes = wishes.flatMap((wish, at) => (outcomeOf(wish) === 'connected' ? [plant.lastCloseCodeOf(at)] : []));
  expect(codes).toEqual(codes.map(() => 1000));
  expectOneSocketEach(plant);
}

describe('random histories of three gateways', () => {
  beforeAll(() => {
    before = resources();
  });
  afterAll(() => report('Random histories of three gateways', figures));

  it('unhandled errors are noticed', async () => {
    const unhandled = collectUnhandled();
    try {
      void Promise.reject(new Error('a rejection, on purpose'));
      setTimeout(() => {
        throw new Error('an exception, on purpose');
      }, 1);
      await eventually(() => expect(unhandled.errors).toHaveLength(2));
    } finally {
      unhandled.stop();
    }
  });

  it('each gateway has one socket at most, ends in its desired state, and leaves nothing behind', async () => {
    const property = fc.asyncProperty(history(size.operations), async (commands) => {
      for (let time = 0; time < repetitions; time += 1) await live(commands);
    });
    await fc.assert(property, runs(size.histories, 'faults/model'));
  });
});
