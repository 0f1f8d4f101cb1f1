import { QueryFailedError } from 'typeorm';
import type { DataSource } from 'typeorm';
import { poolOf } from '../../src/database/pooled-data-source';
import { Store } from './support/store';

describe('a data source that sends statements straight to the pool', () => {
  let store: Store;
  let dataSource: DataSource;

  const insert = (name: string) => dataSource.query(`INSERT INTO organizations (name) VALUES ($1)`, [name]);
  const names = async () => {
    const rows = await dataSource.query<{ name: string }[]>(`SELECT name FROM organizations ORDER BY name`);
    return rows.map(({ name }) => name);
  };

  beforeAll(async () => {
    store = await Store.create();
    ({ dataSource } = store);
  });
  afterEach(() => dataSource.query(`DELETE FROM organizations`));
  afterAll(() => store.drop());

  it('returns results in the same form as the statements of a TypeORM transaction', async () => {
    const statements = [
      `INSERT INTO organizations (name) VALUES ('a'), ('b') RETURNING name`,
      `SELECT name FROM organizations ORDER BY name`,
      `UPDATE organizations SET name = name || '!' RETURNING name`,
      `UPDATE organizations SET name = 'c' WHERE false`,
      `DELETE FROM organizations`,
    ];
    const answersOf = async (query: (sql: string) => Promise<unknown>) => {
      const answers: unknown[] = [];
      for (const sql of statements) answers.push(await query(sql));
      return answers;
    };
    const direct = await answersOf((sql) => dataSource.query(sql));
    const inTransaction = await dataSource.transaction((manager) => answersOf((sql) => manager.query(sql)));

    expect(direct).toEqual(inTransaction);
    expect(direct[2]).toEqual([[{ name: 'a!' }, { name: 'b!' }], 2]);
  });

  it('fails with the error of TypeORM, and releases the connection', async () => {
    const { max } = poolOf(dataSource).options;
    const refusals = Array.from({ length: max + 1 }, () => dataSource.query(`SELECT $1::int`, ['x']));

    for (const refusal of await Promise.allSettled(refusals)) {
      expect(refusal).toMatchObject({ status: 'rejected', reason: { code: '22P02', parameters: ['x'] } });
      expect((refusal as PromiseRejectedResult).reason).toBeInstanceOf(QueryFailedError);
    }
    expect(await names()).toEqual([]);
  });

  it('prepares a statement that comes again, once on each connection', async () => {
    const { max } = poolOf(dataSource).options;
    const sql = 'SELECT count(*)::int FROM pg_prepared_statements WHERE statement = $1';
    const counts = () => Promise.all(Array.from({ length: max }, () => dataSource.query(sql, [sql])));
    await counts();
    await counts();
    expect(await counts()).toEqual(Array.from({ length: max }, () => [{ count: 1 }]));
  });

  it('goes on when a migration has changed what a prepared statement returns', async () => {
    await dataSource.query('CREATE TABLE changing (value integer)');
    const read = () => dataSource.query('SELECT value FROM changing');
    for (let time = 0; time < 3; time += 1) expect(await read()).toEqual([]);
    await dataSource.query('ALTER TABLE changing ALTER COLUMN value TYPE text');
    expect(await Promise.all(Array.from({ length: 20 }, read))).toEqual(Array.from({ length: 20 }, () => []));
    await dataSource.query('DROP TABLE changing');
  });

  it('runs outside of open transactions, which stay isolated', async () => {
    const failed = dataSource.transaction(async (manager) => {
      await manager.query(`INSERT INTO organizations (name) VALUES ('inside')`);
      await insert('outside');
      expect(await names()).toEqual(['outside']);
      throw new Error('rolled back');
    });

    await expect(failed).rejects.toThrow('rolled back');
    expect(await names()).toEqual(['outside']);
  });

  it('replaces a connection that ends during a statement', async () => {
    await expect(dataSource.query(`SELECT pg_terminate_backend(pg_backend_pid())`)).rejects.toThrow(QueryFailedError);
    expect(await names()).toEqual([]);
  });
});
