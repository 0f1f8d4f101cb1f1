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

/** SQL: the partitions as `make_reading_partitions` names them. */
const PARTITIONS_SQL = `
  SELECT lower_bound AS "from", CASE
      WHEN suffix = 'before_2000' THEN '2000-01-01'
      WHEN suffix = 'from_2100' THEN 'infinity'
      ELSE (lower_bound::date + interval '1 month')::date::text
    END AS "to"
  FROM (
    SELECT DISTINCT substring(child.relname FROM '_(\\d{4}_\\d\\d|before_2000|from_2100)$') AS suffix
    FROM pg_inherits JOIN pg_class AS child ON child.oid = pg_inherits.inhrelid
    WHERE pg_inherits.inhparent IN (${Object.values(TABLES)
      .map((table) => `'${table}'::regclass`)
      .join(', ')})
  ) AS parts, LATERAL (
    SELECT CASE suffix WHEN 'before_2000' THEN '0001-01-01' WHEN 'from_2100' THEN '2100-01-01'
      ELSE replace(suffix, '_', '-') || '-01' END AS lower_bound
  ) AS bound
  ORDER BY 1 DESC`;
