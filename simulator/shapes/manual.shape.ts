import { axesOf, batteryOf, dateOf, temperatureOf } from '../model/records';
import type { RecordKind, StoredRecord } from '../model/records';
import type { Sensor } from '../model/sensors';
import type { Shape } from './shape';

/** Exactly as in the vendor's manual: lists are objects, axes and record serials are strings, times are dates, notifications are flat. */
export const manualShape: Shape = {
  sensors: (sensors) => keyed(sensors.map((sensor) => [String(sensor.serial), sensorFields(sensor)])),
  records: (kind, records) => keyed(records.map((record, index) => [String(index), recordFields(kind, record)])),
  notification: recordFields,
  sensorConnection: sensorFields,
};

function keyed(entries: readonly (readonly [key: string, json: string])[]): string {
  return `{${entries.map(([key, json]) => `"${key}":${json}`).join(',')}}`;
}

function sensorFields({ serial, connected, accessPoint, samples }: Sensor): string {
  return JSON.stringify({
    Serial: serial,
    Connected: connected ? 1 : 0,
    AccessPoint: accessPoint,
    PartNum: 'WS300',
    ReadRate: 60,
    GMode: '16',
    FreqMode: '1000',
    ReadPeriod: 60,
    Samples: samples,
    HwVer: '1.2',
    FmVer: '2.0.4',
  });
}

function recordFields(kind: RecordKind, record: StoredRecord): string {
  const common = `"ID":${record.id},"Serial":"${record.sensor.serial}","Time":"${dateOf(record.at)}"`;
  if (kind === 'temp') return `{${common},"Temp":${temperatureOf(record)}}`;
  if (kind === 'batt') return `{${common},"Batt":${batteryOf(record)}}`;

  const { X, Y, Z } = axesOf(record);
  return `{${common},"X":"${X.text}","Y":"${Y.text}","Z":"${Z.text}"}`;
}
