import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { advisoryLock } from '../../database/advisory-locks';
import { READING_KINDS } from '../reading';
import { LOCK_AND_DRAW_SQL } from '../storage/batch.sql';
import { TABLES } from '../storage/reading-view';
import type { Connection } from './retention-connection';
import type { MonthUsage, Usage } from './retention-plan';
import {
  EXPIRE_GAPS_SQL,
  FIND_CHANGED_SENSORS_SQL,
  FIND_SENSORS_SQL,
  KEEP_WAVEFORMS_SQL,
  NOTE_THINNED_SQL,
  USAGE_SQL,
  WAS_RECEIVED_SINCE_SQL,
} from './retention.sql';

/** How long a drop waits for the writers, who take turns anyway. */
const WRITERS_MS = 2000;
/** How long it waits for a table: whoever comes meanwhile waits behind it. */
const TABLE_MS = 100;

/** Error codes of PostgreSQL for a wait that was given up: by the time-out, by the detection of a deadlock. */
const BUSY = ['55P03', '40P01'];

/** More sensors than this are not dealt with under the lock of the writers. */
const MOST_UNDER_LOCK = 20;

/** `changed`: readings of the month were stored or changed meanwhile; `busy`: somebody uses the table. */
export type DropOutcome = 'dropped' | 'changed' | 'busy';

type MonthRow = MonthUsage & { readonly bytes: number; readonly thinnedBefore: string | null };

/** Deletes old readings and waveforms by dropping partitions. All steps can be repeated: each leaves what the one before has done. */
@Injectable()
export class RetentionRepository {
  constructor(private readonly dataSource: DataSource) {}

  async findUsage(): Promise<Usage> {
    const rows =
      await this.dataSource.query<(MonthRow | (Omit<MonthRow, 'from'> & { readonly from: null }))[]>(USAGE_SQL);
    const months = rows.flatMap(({ from, to, isFull, hasReadings }) =>
      from === null ? [] : [{ from, to, isFull, hasReadings }],
    );
    return { months, waveformBytes: rows[0]?.bytes ?? 0, thinnedBefore: rows[0]?.thinnedBefore ?? null };
  }

  /** A position in the feed: all changes up to it are committed, all later ones have greater positions. */
  async mark(connection: Connection): Promise<number> {
    const [row] = await connection.query<{ first: number }>(LOCK_AND_DRAW_SQL, [...advisoryLock('readings'), 1]);
    return row?.first ?? 0;
  }

  /** Numbers of sensors, in their order. */
  async findSensors(connection: Connection, after: number, limit: number): Promise<number[]> {
    return numbersOf(await connection.query<{ number: number }>(FIND_SENSORS_SQL, [after, limit]));
  }

  /** Sensors of which readings of the month were stored or changed after a position in the feed. */
  async findChangedSensors(connection: Connection, { from, to }: MonthUsage, mark: number): Promise<number[]> {
    return numbersOf(await connection.query<{ number: number }>(FIND_CHANGED_SENSORS_SQL, [mark, from, to]));
  }

  async makeKept(connection: Connection, { from }: MonthUsage): Promise<void> {
    await connection.query('SELECT make_kept_partition($1::date)', [from]);
  }

  /** Copies the waveforms of these sensors and of the month that stay. @param perDay of each sensor, beside the pinned ones */
  async keep(
    connection: Connection,
    { from, to }: MonthUsage,
    sensors: readonly number[],
    perDay: number,
  ): Promise<void> {
    await connection.query(KEEP_WAVEFORMS_SQL, [sensors, from, to, perDay]);
  }

  /**
   * Drops the waveforms of a month, of which those that stay are copied, except of readings that have changed since the mark. That happens
   * here, under the lock of the writers, unless there are too many.
   */
  dropWaveforms(connection: Connection, month: MonthUsage, mark: number, perDay: number): Promise<DropOutcome> {
    return this.underLock(connection, async () => {
      const changed = await this.findChangedSensors(connection, month, mark);
      if (changed.length > MOST_UNDER_LOCK) return 'changed';
      if (changed.length > 0) await this.keep(connection, month, changed, perDay);
      await connection.query(NOTE_THINNED_SQL, [month.to]);
      await connection.query(`SELECT set_config('lock_timeout', $1, true)`, [`${TABLE_MS}ms`]);
      await connection.query('SELECT drop_reading_partition($1, $2::date)', ['waveforms', month.from]);
      return 'dropped';
    });
  }

  /** Whether a reading of the month was received within so many days. */
  async wasReceivedSince(connection: Connection, { from, to }: MonthUsage, days: number): Promise<boolean> {
    const [row] = await connection.query<{ recent: boolean }>(WAS_RECEIVED_SINCE_SQL, [from, to, days]);
    return row?.recent ?? false;
  }

  /** Drops the readings of a month, and their kept waveforms, except those that are pinned. */
  async dropReadings(connection: Connection, { from }: MonthUsage): Promise<{ outcome: DropOutcome; tables: number }> {
    let tables = 0;
    for (const table of ['waveforms_kept', ...READING_KINDS.map((kind) => TABLES[kind])]) {
      const outcome = await this.underLock(connection, async () => {
        await connection.query(`SELECT set_config('lock_timeout', $1, true)`, [`${TABLE_MS}ms`]);
        const [row] = await connection.query<{ dropped: boolean }>(
          'SELECT drop_reading_partition($1, $2::date) AS dropped',
          [table, from],
        );
        if (row?.dropped) tables += 1;
        return 'dropped';
      });
      if (outcome !== 'dropped') return { outcome, tables };
    }
    return { outcome: 'dropped', tables };
  }

  /** Forgets gaps that end before a day. */
  async expireGaps(connection: Connection, before: string): Promise<void> {
    await connection.query(EXPIRE_GAPS_SQL, [before]);
  }

  /** In a transaction, beside no writer of readings. */
  private async underLock(connection: Connection, work: () => Promise<DropOutcome>): Promise<DropOutcome> {
    await connection.query('BEGIN');
    try {
      await connection.query(`SELECT set_config('lock_timeout', $1, true)`, [`${WRITERS_MS}ms`]);
      await connection.query('SELECT pg_advisory_xact_lock($1, $2)', advisoryLock('readings'));
      const outcome = await work();
      await connection.query('COMMIT');
      return outcome;
    } catch (error) {
      await connection.query('ROLLBACK');
      if (BUSY.includes((error as { code?: string }).code ?? '')) return 'busy';
      throw error;
    }
  }
}

function numbersOf(rows: readonly { readonly number: number }[]): number[] {
  return rows.map(({ number }) => number);
}
