import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Actor } from '../../common/actor';
import { advisoryLock } from '../../database/advisory-locks';
import { insertAuditSql } from '../../database/sql/audit-sql';
import { Parameters } from '../../database/sql/parameters';
import { withinReach } from '../../database/sql/selection';
import type { ReadingKey } from './readings-query.repository';

/** Marks readings whose waveforms the retention must keep. */
@Injectable()
export class PinsRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Pins or releases the waveform of a vibration reading, and records that. What is pinned is copied at once to where it stays. The lock is the
   * one under which the retention drops waveforms, so a waveform is either pinned before or gone.
   * @returns whether the reading is now as it was asked for; false if there is no waveform to be pinned, or no such reading within reach
   */
  pin(actor: Actor, key: ReadingKey, pinned: boolean): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1, $2)', advisoryLock('readings'));
      if (pinned) await manager.query('SELECT make_kept_partition($1::date)', [key.day]);
      const parameters = new Parameters();
      const statement = pinSql(actor, key, pinned, parameters);
      const [{ found }] = await manager.query<[{ found: boolean }]>(statement, parameters.values);
      return found;
    });
  }
}

function pinSql(actor: Actor, { day, number }: ReadingKey, pinned: boolean, parameters: Parameters): string {
  const [ofDay, ofNumber] = [parameters.add(day, 'date'), parameters.add(number, 'bigint')];
  const value = parameters.add(pinned, 'boolean');
  const thisOne = `day = ${ofDay} AND number = ${ofNumber}`;
  const conditions = ['gateways.deleted_at IS NULL', ...withinReach(actor, 'gateways.organization_id', parameters)];
  const audit = insertAuditSql(
    actor,
    {
      ...{
        action: 'reading.pin',
        object: 'sensor',
        id: 'changed.sensor_id',
        organizationId: 'changed.organization_id',
      },
      ...{ from: 'changed' },
      changes: {
        before: new Map([
          ['reading_id', 'NULL::text'],
          ['pinned', `NOT ${value}`],
        ]),
        after: new Map([
          ['reading_id', parameters.add(`${day}-${number}`, 'text')],
          ['pinned', value],
        ]),
      },
    },
    parameters,
  );
  return `
    WITH found AS MATERIALIZED (
      SELECT sensors.id AS sensor_id, gateways.organization_id, reading.pinned
      FROM vibration_readings AS reading
      JOIN sensors ON sensors.number = reading.sensor_number
      JOIN gateways ON gateways.id = sensors.gateway_id
      WHERE reading.day = ${ofDay} AND reading.number = ${ofNumber} AND ${conditions.join(' AND ')}
        AND (NOT ${value} OR EXISTS (SELECT FROM waveforms WHERE ${thisOne}) OR EXISTS (SELECT FROM waveforms_kept WHERE ${thisOne}))
    ), changed AS (
      UPDATE vibration_readings AS reading SET pinned = ${value} FROM found
      WHERE reading.day = ${ofDay} AND reading.number = ${ofNumber} AND reading.pinned <> ${value}
      RETURNING found.sensor_id, found.organization_id
    ), kept AS (
      INSERT INTO waveforms_kept (number, day, x, y, z)
      SELECT number, day, x, y, z FROM waveforms WHERE ${thisOne} AND ${value} AND EXISTS (SELECT FROM changed)
      ON CONFLICT (number, day) DO NOTHING
    ), audit AS (${audit})
    SELECT EXISTS (SELECT FROM found) AS found`;
}
