import { DatabaseProbe } from '../../src/database/database-probe';
import { SessionLock } from '../../src/database/session-lock';
import { resealPasswords } from '../../src/gateways/gateway-passwords.repository';
import { aPlant, IN_LARGEST, LIVING } from './support/plant';
import type { Plant } from './support/plant';
import { findLargeReads } from './support/query-plan';
import { questions } from './support/questions';
import { findRepositories, MethodCalls } from './support/repositories';
import { statementsOf } from './support/statements';
import { Store } from './support/store';
import { CONNECTIONS, readingOf } from './support/table-readings';

let plant: Plant;
let calls: MethodCalls[];

beforeAll(async () => {
  const { classes } = await findRepositories();
  calls = [...classes, DatabaseProbe, SessionLock].map((type) => new MethodCalls(type));
  plant = await aPlant();
}, 120_000);

afterAll(async () => {
  jest.restoreAllMocks();
  await plant.remove();
});

describe('a page of 20 among 100,000 gateways', () => {
  // Again and again: from the sixth run on, the plan of a prepared statement may be another.
  const RUNS = 8;
  let counted: Store;
  beforeAll(async () => {
    counted = await Store.on(plant.store.database, { variables: { DATABASE_POOL_SIZE: `${CONNECTIONS}` } });
  });
  afterAll(() => counted.close());

  const readPages = (offset: number, factoryId?: string) =>
    readingOf(counted, 'gateways', async () => {
      for (let run = 0; run < RUNS; run += 1) await counted.gateways.findAll({ limit: 20, offset, factoryId });
    });

  it.each([
    ['the first of all', 0, () => undefined],
    ['the middle one of all', LIVING / 2, () => undefined],
    ['the last of all', LIVING - 20, () => undefined],
    ['one past the end of all', LIVING, () => undefined],
    ['the first of a factory', 0, () => plant.factoryId],
    ['the last of a factory', IN_LARGEST - 20, () => plant.factoryId],
  ])('takes no other rows from the table than its own: %s', async (_which, offset, factoryId) => {
    expect((await readPages(offset, factoryId())).rows).toBeLessThanOrEqual(RUNS * 20);
  });

  it('passes over no more of the index at the end than at the start', async () => {
    const [first, last] = [await readPages(0), await readPages(LIVING - 20)];
    expect(last.entries).toBe(first.entries);
  });
});

describe('DB-04: among 100,000 gateways', () => {
  it.each(questions)('$what', async ({ ask, readsAll }) => {
    const statements = await statementsOf(() => ask(plant));
    expect(statements).not.toEqual([]);

    const largeReads: string[] = [];
    for (const statement of statements) largeReads.push(...(await findLargeReads(plant.connection, statement)));
    if (readsAll === undefined) expect(largeReads).toEqual([]);
    else expect(largeReads).not.toEqual([]);
  });

  it('nothing that sends statements was left out', async () => {
    expect(calls.flatMap(({ missing }) => missing)).toEqual([]);
    expect((await findRepositories()).functions).toEqual([resealPasswords]);
  });
});
