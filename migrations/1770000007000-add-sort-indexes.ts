import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The columns that each list can be filtered by. */
const LISTS = [
  { table: 'organizations', filters: [] },
  { table: 'factories', filters: ['organization_id'] },
  { table: 'gateways', filters: ['factory_id'] },
] as const;

const SORTS = [
  { name: 'name_ci', key: 'name COLLATE natural_ci' },
  { name: 'created_at', key: 'created_at' },
  { name: 'updated_at', key: 'updated_at' },
] as const;

/** One index for each sort, with and without the filter. Otherwise a page would sort or scan all rows of the parent. */
const INDEXES = LISTS.flatMap(({ table, filters }) =>
  [[], ...filters.map((filter) => [filter])].flatMap((prefix) =>
    SORTS.map(({ name, key }) => ({
      table,
      name: ['ix', table, ...prefix, name].join('_'),
      columns: [...prefix, key, 'id'].join(', '),
    })),
  ),
);

export class AddSortIndexes1770000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // Natural (numbers by value), case-insensitive and deterministic: names that compare as equal are ordered by their bytes.
    await runner.query(`CREATE COLLATION natural_ci (provider = icu, locale = 'und-u-kn-true-ks-level2')`);
    for (const { table, name, columns } of INDEXES) {
      await runner.query(`CREATE INDEX ${name} ON ${table} (${columns}) WHERE deleted_at IS NULL`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of INDEXES) await runner.query(`DROP INDEX ${name}`);
    await runner.query(`DROP COLLATION natural_ci`);
  }
}
