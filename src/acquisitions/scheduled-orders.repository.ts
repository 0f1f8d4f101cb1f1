import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { SqlColumns } from '../database/sql/columns';
import type { ReadingKind } from '../readings/reading';
import { Acquisition } from './acquisition.entity';
import type { AcquisitionRow } from './acquisition.entity';
import { OPEN_STATES } from './acquisition.machine';
import { SENSOR } from './acquisition.sql';
import type { OrderedSensor } from './acquisition.sql';

/** A measurement that a schedule orders. */
export interface ScheduledOrder {
  readonly scheduleId: string;
  readonly sensorId: string;
  readonly kind: ReadingKind;
}

/** An order that was stored, and what the runner needs to know of its sensor. */
export interface StoredOrder {
  readonly row: AcquisitionRow;
  readonly sensor: OrderedSensor;
}

/** Stores the orders of schedules. */
@Injectable()
export class ScheduledOrdersRepository {
  private readonly columns: SqlColumns<Acquisition>;

  constructor(@InjectRepository(Acquisition) private readonly repository: Repository<Acquisition>) {
    this.columns = new SqlColumns(repository.metadata);
  }

  /**
   * Stores orders in one statement. Those of sensors that have an open order of the kind are left out, as are those of deleted gateways. The
   * audit log has what people do, so it does not have these: their rows name the schedule.
   * @param minIntervalMs after an order of this kind was sent to the sensor
   */
  async place(
    orders: readonly ScheduledOrder[],
    { expiresInS, minIntervalMs }: { readonly expiresInS: number; readonly minIntervalMs: number },
  ): Promise<StoredOrder[]> {
    const stored = await this.repository.query<(AcquisitionRow & OrderedSensor)[]>(
      `WITH owner AS (
         SELECT given.*, sensors.gateway_id, gateways.organization_id, ${SENSOR}
         FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS given (sensor_id, kind, schedule_id)
         JOIN sensors ON sensors.id = given.sensor_id
         JOIN gateways ON gateways.id = sensors.gateway_id AND gateways.deleted_at IS NULL
         LEFT JOIN LATERAL (
           SELECT sent_at FROM acquisitions AS earlier
           WHERE earlier.sensor_id = given.sensor_id AND earlier.kind = given.kind AND sent_at IS NOT NULL
           ORDER BY earlier.sensor_id DESC, earlier.id DESC LIMIT 1) AS last ON true
         WHERE last.sent_at IS NULL OR last.sent_at + $5 * interval '1 millisecond' <= now()),
       placed AS (
         INSERT INTO acquisitions AS "row" (organization_id, gateway_id, sensor_id, kind, schedule_id, expires_at)
         SELECT organization_id, gateway_id, sensor_id, kind, schedule_id, now() + $4 * interval '1 second' FROM owner
         ON CONFLICT (sensor_id, kind) WHERE state IN (${OPEN_STATES.map((state) => `'${state}'`).join(', ')}) DO NOTHING
         RETURNING ${this.columns.selected})
       SELECT placed.*, owner.serial, owner."sensorNumber", owner."isSensorConnected"
       FROM placed JOIN owner ON owner.sensor_id = placed."sensorId" AND owner.kind = placed.kind`,
      [
        ...[orders.map(({ sensorId }) => sensorId), orders.map(({ kind }) => kind)],
        ...[orders.map(({ scheduleId }) => scheduleId), expiresInS, minIntervalMs],
      ],
    );
    return stored.map(({ serial, sensorNumber, isSensorConnected, ...row }) => ({
      row,
      sensor: { serial, sensorNumber, isSensorConnected },
    }));
  }
}
