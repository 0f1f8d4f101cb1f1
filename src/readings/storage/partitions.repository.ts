import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TABLES } from './reading-view';

/** The days of a partition. */
export interface DayRange {
  /** `yyyy-mm-dd`. */
  readonly from: string;
  /** The day behind the last one; `infinity` if there is none. */
  readonly to: string;
}

@Injectable()
export class PartitionsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Makes the partitions of these days that do not exist yet. @param days `yyyy-mm-dd` @returns how many it made */
  async make(days: readonly string[]): Promise<number> {
    const [row] = await this.dataSource.query<[{ made: number }]>(
      'SELECT make_reading_partitions($1::date[]) AS made',
      [days],
    );
    return row.made;
  }

  /** The days of the partitions of readings, newest first. */
  find(): Promise<DayRange[]> {
    return this.dataSource.query<DayRange[]>(PARTITIONS_SQL);
  }
}

/** SQL: what tells the partitions of a table apart, as `make_reading_partitions` names them. @param name SQL: the name of a partition */
export function suffixSql(name: string): string {
  return `substring(${name} FROM '_(\\d{4}_\\d\\d|before_2000|from_2100)$')`;
}

/** SQL: the first day of a partition, and the one behind its last, as text. @param suffix SQL: see `suffixSql` */
export function boundsSql(suffix: string): { from: string; to: string } {
  const from = `CASE ${suffix} WHEN 'before_2000' THEN '0001-01-01' WHEN 'from_2100' THEN '2100-01-01'
    ELSE replace(${suffix}, '_', '-') || '-01' END`;
  const to = `CASE ${suffix} WHEN 'before_2000' THEN '2000-01-01' WHEN 'from_2100' THEN 'infinity'
    ELSE ((${from})::date + interval '1 month')::date::text END`;
  return { from, to };
}

const BOUNDS = boundsSql('suffix');

const PARTITIONS_SQL = `
  SELECT ${BOUNDS.from} AS "from", ${BOUNDS.to} AS "to"
  FROM (
    SELECT DISTINCT ${suffixSql('child.relname')} AS suffix
    FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent IN (${Object.values(TABLES)
      .map((table) => `'${table}'::regclass`)
      .join(', ')})
  ) AS parts
  ORDER BY 1 DESC`;
