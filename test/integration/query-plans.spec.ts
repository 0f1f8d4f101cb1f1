import { SYSTEM } from '../../src/common/actor';
import type { ListPosition } from '../../src/common/page';
import type { Sort } from '../../src/common/sort';
import { AdoptionRepository } from '../../src/adoption/adoption.repository';
import { DatabaseProbe } from '../../src/database/database-probe';
import { ReplicaTables } from '../../src/ownership/replica-tables';
import { SessionLock } from '../../src/ownership/session-lock';
import { resealPasswords } from '../../src/gateways/gateway-passwords.repository';
import { DueSensorsRepository } from '../../src/schedules/due-sensors.repository';
import { Schedule } from '../../src/schedules/schedule.entity';
import { aPlant, IN_LARGEST, LIVING } from './support/plant';
import type { Plant } from './support/plant';
import { findLargeReads, readCostOf } from './support/query-plan';
import type { ReadCost } from './support/query-plan';
import { questions } from './support/questions';
import { findRepositories, MethodCalls } from './support/repositories';
import { statementsOf } from './support/statements';
import { Store } from './support/store';
import { CONNECTIONS, readingOf } from './support/table-readings';

let plant: Plant;
let calls: MethodCalls[];

beforeAll(async () => {
  const { classes } = await findRepositories();
  const running = classes.filter((type) => type !== AdoptionRepository); // It reads and writes every row, once.
  calls = [...running, DatabaseProbe, ReplicaTables, SessionLock].map((type) => new MethodCalls(type));
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
      for (let run = 0; run < RUNS; run += 1) await counted.gateways.findAll(SYSTEM, { limit: 20, offset, factoryId });
    });

  it.each([
    ['the first of all', 0, () => undefined],
    ['the middle one of all', LIVING / 2, () => undefined],
    ['the last of all', LIVING - 20, () => undefined],
    ['one past the end of all', LIVING, () => undefined],
    ['the first of a factory', 0, () => plant.factoryId],
    ['the last of a factory', IN_LARGEST - 20, () => plant.factoryId],
  ])('reads only its own rows from the table: %s', async (_which, offset, factoryId) => {
    expect((await readPages(offset, factoryId())).rows).toBeLessThanOrEqual(RUNS * 20);
  });

  it('reads hardly more of the index at the end than at the start', async () => {
    const [first, last] = [await readPages(0), await readPages(LIVING - 20)];
    // Near the end, the rows of the page are looked up by their ids.
    expect(last.entries - first.entries).toBeLessThanOrEqual(RUNS * 20);
  });
});

describe('a walk through 100,000 gateways by cursor', () => {
  const SORTED: readonly Sort[] = ['name', '-name_ci', 'created_at', '-updated_at'];

  it.each<Sort>(['name_ci', '-updated_at'])('returns each row once: %s', async (sort) => {
    const ids = new Set<string>();
    const first = { sort, limit: 1000, offset: 0 };
    let page = await plant.store.gateways.findAll(SYSTEM, first);
    for (const { id } of page.items) ids.add(id);
    let pages = 1;
    for (; page.next; pages += 1) {
      page = await plant.store.gateways.findAll(SYSTEM, { ...first, after: { ...page.next, total: page.total } });
      for (const { id } of page.items) ids.add(id);
    }

    expect([ids.size, pages]).toEqual([LIVING, LIVING / 1000]);
    expect(page.total).toBe(LIVING);
  });

  it.each(SORTED)('reads no more for the last page than for the second: %s', async (sort) => {
    for (const factoryId of [undefined, plant.factoryId]) {
      const { next: second, total } = await plant.store.gateways.findAll(SYSTEM, {
        sort,
        limit: 20,
        offset: 0,
        factoryId,
      });
      const { next: last } = await plant.store.gateways.findAll(SYSTEM, {
        sort,
        limit: 20,
        offset: total - 40,
        factoryId,
      });
      const [atStart, atEnd] = [await costOf(second), await costOf(last)];

      expect(atStart.rows).toBeLessThanOrEqual(21);
      expect(atEnd.rows).toBeLessThanOrEqual(21);
      expect(atEnd.blocks).toBeLessThan(2 * 21);

      async function costOf(next: ListPosition | undefined): Promise<ReadCost> {
        if (!next) throw new Error('no page follows');
        const after = { ...next, total };
        const page = () => plant.store.gateways.findAll(SYSTEM, { sort, limit: 20, offset: 0, factoryId, after });
        const [statement] = await statementsOf(page);
        return readCostOf(plant.connection, statement);
      }
    }
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

  it('the sensors that are due: of the sensors, those of the given gateways are read; of the schedules, all, which are few', async () => {
    const due = new DueSensorsRepository(plant.store.dataSource.getRepository(Schedule));
    const rules = await due.findRules();
    const ids = rules.map(({ id }) => id);
    const gatewayIds = plant.gatewayIds.slice(0, 500);
    const [theirs] = await plant.store.dataSource.query<[{ count: number }]>(
      'SELECT count(*)::int FROM sensors WHERE gateway_id = ANY ($1::uuid[])',
      [gatewayIds],
    );
    const statements = await statementsOf(() => due.findSensors(gatewayIds, ids));
    expect([rules.length > 50, statements.length]).toEqual([true, 1]);
    for (const statement of statements) {
      const reads = await findLargeReads(plant.connection, statement);
      const others = reads.filter((read) => !/ of schedules\b/.test(read));
      expect(others).toEqual([`Bitmap Heap Scan of sensors : ${theirs.count} rows`]);
    }
  });

  it('every method that sends statements is covered', async () => {
    expect(calls.flatMap(({ missing }) => missing)).toEqual([]);
    expect((await findRepositories()).functions).toEqual([resealPasswords]);
  });
});
