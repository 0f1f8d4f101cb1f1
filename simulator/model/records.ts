import type { Sensor } from './sensors';
import { seedOf } from '../seeded-random';
import { waveformFor } from '../signals/waveforms';
import type { Waveform } from '../signals/waveforms';

export type RecordKind = 'reading' | 'temp' | 'batt';

/** A stored measurement. Its value is derived from serial and id, so a record takes only three words. */
export interface StoredRecord {
  /** Row number per gateway and kind. */
  readonly id: number;
  readonly sensor: Sensor;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Which records a client asks for. Dates are `yyyy-mm-dd`, both inclusive. */
export interface RecordQuery {
  readonly serials: readonly number[];
  readonly start: string | null;
  readonly end: string | null;
  readonly max: number;
}

/** Records that existed before the simulation began: one an hour, the newest an hour old. */
const PAST = 60;
const HOUR_MS = 3_600_000;

/** Later records kept per kind. A fleet of ten thousand has to fit into one process. */
const KEPT = 40;

/** The measurements of one gateway, as history requests find them. */
export class RecordLog {
  private readonly live: Record<RecordKind, StoredRecord[]> = { reading: [], temp: [], batt: [] };
  private readonly lastId: Record<RecordKind, number> = { reading: PAST, temp: PAST, batt: PAST };

  constructor(
    private readonly sensors: readonly Sensor[],
    private readonly startedAt: number,
  ) {}

  /** Stores a new measurement taken at `at` (epoch milliseconds). */
  add(kind: RecordKind, sensor: Sensor, at: number): StoredRecord {
    const record = { id: ++this.lastId[kind], sensor, at };
    const live = this.live[kind];
    live.unshift(record);
    if (live.length > KEPT) live.pop();
    return record;
  }

  /** The matching records, newest first, `max` at most. */
  find(kind: RecordKind, { serials, start, end, max }: RecordQuery): StoredRecord[] {
    const fits = ({ sensor, at }: StoredRecord): boolean => {
      const date = dateOf(at);
      return (
        (serials.length === 0 || serials.includes(sensor.serial)) &&
        (start === null || date >= start) &&
        (end === null || date <= end)
      );
    };
    return [...this.live[kind], ...this.past()].filter(fits).slice(0, max);
  }

  private past(): StoredRecord[] {
    return Array.from({ length: PAST }, (_, age) => {
      const sensor = this.sensors[age % this.sensors.length];
      return sensor && { id: PAST - age, sensor, at: this.startedAt - (age + 1) * HOUR_MS };
    }).filter((record) => record !== undefined);
  }
}

/** The day of a record, `yyyy-mm-dd`. The simulated clock runs in UTC; the protocol names no zone. */
export function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Day and minute of a record, `yyyy-mm-dd hh:mm`. */
export function minuteOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** Whole degrees Celsius. */
export function temperatureOf({ id, sensor }: StoredRecord): number {
  return 20 + (seedOf(sensor.serial, id) % 16);
}

/** Whole per cent. The first value depends on the serial; it drops by one every hundred records, to 5 at least. */
export function batteryOf({ id, sensor }: StoredRecord): number {
  return Math.max(5, 100 - (sensor.serial % 25) - Math.floor(id / 100));
}

/** The three axes of a vibration reading. */
export function axesOf({ id, sensor }: StoredRecord): Record<'X' | 'Y' | 'Z', Waveform> {
  const axis = (index: number): Waveform => waveformFor(seedOf(sensor.serial, id, index), sensor.samples);
  return { X: axis(1), Y: axis(2), Z: axis(3) };
}
