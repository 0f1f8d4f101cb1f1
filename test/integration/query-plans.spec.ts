import { DatabaseProbe } from '../../src/database/database-probe';
import { SessionLock } from '../../src/database/session-lock';
import { resealPasswords } from '../../src/gateways/gateway-passwords.repository';
import { aPlant } from './support/plant';
import type { Plant } from './support/plant';
import { findLargeReads } from './support/query-plan';
import { questions } from './support/questions';
import { findRepositories, MethodCalls } from './support/repositories';
import { statementsOf } from './support/statements';

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
