import type { TimeFormat } from '../model/gateway-clock';
import type { RecordKind, StoredRecord } from '../model/records';
import type { Sensor } from '../model/sensors';

/** A list as a JSON array, or as an object: sensors by serial, records by their place. */
export const listStyles = ['object', 'array'] as const;
export type ListStyle = (typeof listStyles)[number];

/** A record alone or in an object under "0", and with axes as text or as numbers with statistics. */
export const notificationStyles = ['flat-text', 'flat-array', 'record-text', 'record-array'] as const;
export type NotificationStyle = (typeof notificationStyles)[number];

/** Details of a wire format that the sources disagree on. What is left out is as the profile has it. */
export interface ShapeChoices {
  /** The answer to GET_DYN_CONNECTED. */
  readonly connectedList?: ListStyle | undefined;
  /** NOT_DYN_READING, NOT_DYN_TEMP and NOT_DYN_BATT. */
  readonly notification?: NotificationStyle | undefined;
}

/** A record with what the gateway says of it besides its values. */
export interface ReportedRecord {
  readonly stored: StoredRecord;
  /** Null: the record has no `ID`. */
  readonly id: number | null;
  readonly time: string;
}

/** The wire format of a profile. All methods return JSON text for the envelope's `Data`. */
export interface Shape {
  /** How it writes the time of a record. */
  readonly timeFormat: TimeFormat;
  /** `Data` of the RTN_DYN that answers GET_DYN. */
  sensors(sensors: readonly Sensor[]): string;
  /** `Data` of the RTN_DYN that answers GET_DYN_CONNECTED. */
  connectedSensors(sensors: readonly Sensor[]): string;
  /** `Data` of RTN_DYN_READINGS, RTN_DYN_TEMPS and RTN_DYN_BATTS. */
  records(kind: RecordKind, records: readonly ReportedRecord[]): string;
  /** `Data` of NOT_DYN_READING, NOT_DYN_TEMP and NOT_DYN_BATT. */
  notification(kind: RecordKind, record: ReportedRecord): string;
  /** `Data` of NOT_DYN_CONN. */
  sensorConnection(sensor: Sensor): string;
}
