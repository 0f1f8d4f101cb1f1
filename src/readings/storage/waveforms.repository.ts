import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import type { Reach } from '../../common/actor';
import { Parameters } from '../../database/sql/parameters';
import { withinReach } from '../../database/sql/selection';
import { Sensor } from '../../sensors/sensor.entity';
import type { Axis } from '../reading';
import type { ReadingKey } from './readings-query.repository';
import type { TimeQuality } from './time-quality';
import type { RateSource, WaveformState } from './vibration-reading.entity';

/** A vibration reading with the blocks of its samples, and what is needed to read them. */
export interface StoredWaveform extends ReadingKey {
  readonly sensorId: string;
  readonly feedPosition: string;
  readonly measuredAt: Date;
  readonly timeQuality: TimeQuality;
  readonly sampleRateHz: number | null;
  readonly rateSource: RateSource | null;
  /** As the row has it: `stored` also if the retention has dropped the samples. */
  readonly waveformState: WaveformState;
  /** Those of the axes that were asked for and that the record has; null if no samples are stored. */
  readonly blocks: Readonly<Partial<Record<Axis, Buffer>>> | null;
}

type FlatWaveform = Omit<StoredWaveform, 'blocks'> & { readonly hasBlocks: boolean } & Readonly<
    Partial<Record<Axis, Buffer | null>>
  >;

/** Reads the samples of readings. Those of deleted gateways are absent. */
@Injectable()
export class WaveformsRepository {
  constructor(@InjectRepository(Sensor) private readonly sensors: Repository<Sensor>) {}

  /** @returns null if there is no such vibration reading within reach */
  async find(reach: Reach, { day, number }: ReadingKey, axes: readonly Axis[]): Promise<StoredWaveform | null> {
    const parameters = new Parameters();
    const [ofDay, ofNumber] = [parameters.add(day, 'date'), parameters.add(number, 'bigint')];
    // There is one at most. Without the limit, PostgreSQL takes a plan for any day to read every partition, and plans each time anew, which
    // takes three times as long as the rest.
    const only = (columns: string, table: string) =>
      `(SELECT ${columns} FROM ${table} WHERE day = ${ofDay} AND number = ${ofNumber} LIMIT 1)`;
    const samples = ['number', ...axes].join(', ');
    const conditions = ['true', ...withinReach(reach, 'gateways.organization_id', parameters)];
    // A pinned waveform is in both tables; an axis that came after the thinning only in the first one.
    const [row] = await this.sensors.query<FlatWaveform[]>(
      `SELECT reading.day::text AS day, reading.number, reading.feed_position AS "feedPosition", reading.measured_at AS "measuredAt",
         reading.time_quality AS "timeQuality", reading.sample_rate_hz AS "sampleRateHz", reading.rate_source AS "rateSource",
         reading.waveform_state AS "waveformState", sensors.id AS "sensorId",
         recent.number IS NOT NULL OR kept.number IS NOT NULL AS "hasBlocks",
         ${axes.map((axis) => `COALESCE(recent.${axis}, kept.${axis}) AS ${axis}`).join(', ')}
       FROM ${only('*', 'vibration_readings')} AS reading
         JOIN sensors ON sensors.number = reading.sensor_number
         JOIN gateways ON gateways.id = sensors.gateway_id AND gateways.deleted_at IS NULL
         LEFT JOIN LATERAL ${only(samples, 'waveforms')} AS recent ON true
         LEFT JOIN LATERAL ${only(samples, 'waveforms_kept')} AS kept ON true
       WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return row ? toStoredWaveform(row, axes) : null;
  }
}

function toStoredWaveform({ hasBlocks, ...row }: FlatWaveform, axes: readonly Axis[]): StoredWaveform {
  const { day, number, sensorId, feedPosition, measuredAt, timeQuality, sampleRateHz, rateSource, waveformState } = row;
  const blocks = Object.fromEntries(axes.flatMap((axis) => (row[axis] ? [[axis, row[axis]] as const] : [])));
  return {
    ...{ day, number, sensorId, feedPosition, measuredAt, timeQuality, sampleRateHz, rateSource, waveformState },
    blocks: hasBlocks ? blocks : null,
  };
}
