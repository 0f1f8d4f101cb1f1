import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { boundsSql, suffixSql } from './partitions.sql';
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
