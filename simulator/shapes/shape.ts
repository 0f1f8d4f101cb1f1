import type { RecordKind, StoredRecord } from '../model/records';
import type { Sensor } from '../model/sensors';

/** The wire format of a profile. All methods return JSON text for the envelope's `Data`. */
export interface Shape {
  /** `Data` of RTN_DYN. */
  sensors(sensors: readonly Sensor[]): string;
  /** `Data` of RTN_DYN_READINGS, RTN_DYN_TEMPS and RTN_DYN_BATTS. */
  records(kind: RecordKind, records: readonly StoredRecord[]): string;
  /** `Data` of NOT_DYN_READING, NOT_DYN_TEMP and NOT_DYN_BATT. */
  notification(kind: RecordKind, record: StoredRecord): string;
  /** `Data` of NOT_DYN_CONN. `at` is in epoch milliseconds. */
  sensorConnection(sensor: Sensor, at: number): string;
}
