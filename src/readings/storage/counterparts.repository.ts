import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { advisoryLock } from '../../database/advisory-locks';
import type { EncodedReading, Origin, ReadingKind } from '../reading';
import { toDatedRecord } from './incoming';
import { figuresOf } from './reading-row';
import { namesOf } from './counterparts';
import type { Counterpart, CounterpartRow } from './counterparts';

/** What is compared by the database. */
const MAIN = { scalar: ['value'], vibration: ['xRms', 'yRms', 'zRms'] } as const;

interface RawCounterpart {
  readonly position: number;
  readonly number: string;
  readonly day: string;
  readonly recordId: string;
  readonly origin: Origin;
  readonly receivedAt: Date;
  readonly timeText: string | null;
  readonly notifiedId: string | null;
  readonly figures: Readonly<Record<string, number | null>>;
}

/** Finds and changes readings whose notification and history have different numbers. */
@Injectable()
export class CounterpartsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * The stored readings of the same sensors, days and main values, by record. Of records without a number there are none.
   * @param outOfHistory only readings that the history has brought or that have its number
   */
  async find(
    kind: ReadingKind,
    records: readonly EncodedReading[],
    outOfHistory = false,
  ): Promise<ReadonlyMap<EncodedReading, readonly CounterpartRow[]>> {
    const dated = records.map(toDatedRecord).filter(({ id, time }) => id !== null && time !== null);
    const found = new Map<EncodedReading, CounterpartRow[]>();
    if (dated.length === 0) return found;
    const rows = await this.dataSource.query<RawCounterpart[]>(findSql(kind, outOfHistory), [
      dated.map(({ position }) => position),
      dated.map(({ reading }) => reading.gatewayId),
      dated.map(({ reading }) => reading.serial),
      dated.map(({ day }) => day),
      ...MAIN[mainOf(kind)].map((name) => dated.map(({ reading }) => figuresOf(reading)[name] ?? null)),
    ]);
    for (const row of rows) {
      const record = records[row.position];
      if (record) found.set(record, [...(found.get(record) ?? []), toCounterpartRow(row, kind)]);
    }
    return found;
  }

  /**
   * Gives readings that were notified the numbers that their records have in the history, and adds these to the ledger. A number that
   * another reading of the day has already puts the reading into the next era that is free.
   */
  async adopt(gatewayId: string, kind: ReadingKind, counterparts: readonly Counterpart[]): Promise<void> {
    if (counterparts.length === 0) return;
    await this.change((manager) =>
      manager.query(adoptSql(kind), [
        gatewayId,
        kind,
        counterparts.map(({ row }) => row.number),
        counterparts.map(({ row }) => row.day),
        counterparts.map(({ id }) => id),
      ]),
    );
  }

  /** Notes under which numbers readings out of the history were notified. */
  async claim(kind: ReadingKind, counterparts: readonly Counterpart[]): Promise<void> {
    const unknown = counterparts.filter(({ row }) => row.notifiedId === null);
    if (unknown.length === 0) return;
    await this.change((manager) =>
      manager.query(claimSql(kind), [
        unknown.map(({ row }) => row.number),
        unknown.map(({ row }) => row.day),
        unknown.map(({ id }) => id),
      ]),
    );
  }

  /** Takes the numbers of notifications out of the ledger: they say nothing about the history. */
  async separate(gatewayId: string, kind: ReadingKind): Promise<void> {
    await this.change(async (manager) => {
      await manager.query(separateSql(kind), [gatewayId]);
      await manager.query(recountSql(kind), [gatewayId, kind]);
    });
  }

  /** In a transaction, beside no other writer. */
  private async change(write: (manager: EntityManager) => Promise<unknown>): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1, $2)', advisoryLock('readings'));
      await write(manager);
    });
  }
}

function toCounterpartRow(
  { number, recordId, notifiedId, figures, ...row }: RawCounterpart,
  kind: ReadingKind,
): CounterpartRow {
  const singles = Object.entries(figures).map(([name, value]): [string, number | null] => [
    name,
    value === null || kind !== 'vibration' ? value : Math.fround(value),
  ]);
  return {
    ...{ day: row.day, origin: row.origin, receivedAt: row.receivedAt, timeText: row.timeText },
    ...{ number: Number(number), recordId: Number(recordId) },
    notifiedId: notifiedId === null ? null : Number(notifiedId),
    figures: Object.fromEntries(singles),
  };
}

function mainOf(kind: ReadingKind): keyof typeof MAIN {
  return kind === 'vibration' ? kind : 'scalar';
}

/** SQL: by the index of sensor and time of measurement, which differs from the day by less than a day in any zone. */
function findSql(kind: ReadingKind, outOfHistory: boolean): string {
  const main = MAIN[mainOf(kind)].map(columnOf);
  const type = kind === 'vibration' ? 'real' : 'float8';
  const figures = namesOf(kind).map((name) => `'${name}', stored.${columnOf(name)}`);
  return `
    SELECT given.position, stored.number, stored.day::text AS day, stored.record_id AS "recordId", stored.origin,
      stored.received_at AS "receivedAt", stored.time_text AS "timeText", stored.extra ->> 'notified_id' AS "notifiedId", json_build_object(${figures.join()}) AS figures
    FROM unnest($1::integer[], $2::uuid[], $3::bigint[], $4::date[], ${main.map((_, i) => `$${i + 5}::${type}[]`).join()})
      AS given (position, gateway_id, serial, day, ${main.join()})
    JOIN sensors ON sensors.gateway_id = given.gateway_id AND sensors.serial = given.serial
    JOIN ${kind}_readings AS stored ON stored.sensor_number = sensors.number AND stored.day = given.day
      AND stored.measured_at BETWEEN given.day - interval '2 days' AND given.day + interval '3 days'
    WHERE ${main.map((name) => `(stored.${name} = given.${name} OR given.${name} IS NULL)`).join(' AND ')}
      ${outOfHistory ? `AND (stored.origin = 'history' OR stored.extra ? 'notified_id')` : ''}
    ORDER BY given.position, stored.number`;
}

function columnOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const WITH_NOTIFIED = `COALESCE(stored.extra, '{}') || jsonb_build_object('notified_id',`;

function adoptSql(kind: ReadingKind): string {
  return `
    WITH adopted AS (
      UPDATE ${kind}_readings AS stored SET record_id = given.id, era = free.era, feed_position = nextval('reading_numbers'),
        extra = CASE WHEN stored.extra ? 'notified_id' THEN stored.extra ELSE ${WITH_NOTIFIED} stored.record_id) END
      FROM unnest($3::bigint[], $4::date[], $5::bigint[]) AS given (number, day, id)
        JOIN ${kind}_readings AS before ON before.number = given.number AND before.day = given.day
        CROSS JOIN LATERAL (
          SELECT min(candidate.era) AS era FROM generate_series(before.era, before.era + 100) AS candidate (era)
          WHERE NOT EXISTS (SELECT FROM ${kind}_readings AS other WHERE other.sensor_number = before.sensor_number
            AND other.era = candidate.era AND other.record_id = given.id AND other.day = given.day)
        ) AS free
      WHERE stored.number = given.number AND stored.day = given.day AND free.era IS NOT NULL
      RETURNING stored.era, stored.record_id, stored.day
    )
    INSERT INTO record_ranges AS ledger (gateway_id, kind, era, known, last_day)
    SELECT $1::uuid, $2, era, range_agg(int8range(record_id, record_id, '[]')), (array_agg(day ORDER BY record_id DESC))[1]
    FROM adopted GROUP BY era
    ON CONFLICT (gateway_id, kind, era) DO UPDATE SET known = ledger.known + EXCLUDED.known, absent = ledger.absent - EXCLUDED.known,
      last_day = CASE WHEN upper(EXCLUDED.known) >= upper(ledger.known) THEN EXCLUDED.last_day ELSE ledger.last_day END`;
}

function claimSql(kind: ReadingKind): string {
  return `
    UPDATE ${kind}_readings AS stored SET extra = ${WITH_NOTIFIED} given.id), feed_position = nextval('reading_numbers')
    FROM unnest($1::bigint[], $2::date[], $3::bigint[]) AS given (number, day, id)
    WHERE stored.number = given.number AND stored.day = given.day`;
}

/** SQL: a negative number is one that the gateway has not given. The number of the reading is unique. */
function separateSql(kind: ReadingKind): string {
  return `
    UPDATE ${kind}_readings AS stored SET record_id = -stored.number, feed_position = nextval('reading_numbers'),
      extra = ${WITH_NOTIFIED} stored.record_id)
    FROM sensors
    WHERE sensors.gateway_id = $1 AND stored.sensor_number = sensors.number AND stored.origin <> 'history' AND stored.record_id >= 0
      AND NOT COALESCE(stored.extra ? 'notified_id', false)`;
}

/** SQL: the ledger as the readings show it. */
function recountSql(kind: ReadingKind): string {
  return `
    UPDATE record_ranges AS ledger SET known = COALESCE(found.ids, '{}'), absent = '{}', last_day = found.last_day
    FROM record_ranges AS before
    LEFT JOIN LATERAL (
      SELECT range_agg(int8range(record_id, record_id, '[]')) AS ids, (array_agg(day ORDER BY record_id DESC))[1] AS last_day
      FROM sensors JOIN ${kind}_readings AS stored ON stored.sensor_number = sensors.number
      WHERE sensors.gateway_id = before.gateway_id AND stored.era = before.era AND stored.record_id >= 0
    ) AS found ON true
    WHERE before.gateway_id = $1 AND before.kind = $2
      AND ledger.gateway_id = before.gateway_id AND ledger.kind = before.kind AND ledger.era = before.era`;
}
