import { axesOf, batteryOf, minuteOf, temperatureOf } from '../model/records';
import type { RecordKind, StoredRecord } from '../model/records';
import type { Sensor } from '../model/sensors';
import type { Shape } from './shape';
import { SAMPLE_RATE_HZ } from '../signals/waveforms';

/**
 * The format recorded from hardware: lists are arrays, axes are numbers with statistics, times include minutes, and notified
 * records are wrapped in an object under "0".
 */
export const capturedShape: Shape = {
  sensors: (sensors) => `[${sensors.map(sensorFields).join(',')}]`,
  records: (kind, records) => `[${records.map((record) => recordFields(kind, record)).join(',')}]`,
  notification: (kind, record) => `{"0":${recordFields(kind, record)}}`,
  sensorConnection: ({ serial, connected }, at) =>
    JSON.stringify({ Serial: serial, Connected: connected, Time: minuteOf(at) }),
};

function sensorFields({ serial, connected, accessPoint, samples }: Sensor): string {
  return JSON.stringify({
    Serial: serial,
    Connected: connected,
    AccessPoint: connected ? accessPoint : null,
    PartNum: 'WS300',
    ReadRate: 60,
    GMode: '16',
    FreqMode: 1000,
    ReadPeriod: 60,
    Samples: samples,
    HwVer: '1.2',
    FmVer: '2.0.4',
    Coupling: 0,
    Fs: SAMPLE_RATE_HZ,
    Fmax: SAMPLE_RATE_HZ / 2.56,
    Machine: null,
    EarlyUnit: null,
    CritUnit: null,
    Early: null,
    Crit: null,
    Nickname: `Sensor ${serial % 10}`,
    Favorite: null,
    VelocityMode: null,
  });
}

function recordFields(kind: RecordKind, record: StoredRecord): string {
  const common = `"ID":${record.id},"Serial":${record.sensor.serial},"Time":"${minuteOf(record.at)}"`;
  if (kind === 'temp') return `{${common},"Temp":${temperatureOf(record)}}`;
  if (kind === 'batt') return `{${common},"Batt":${batteryOf(record)}}`;

  const axes = Object.entries(axesOf(record));
  const statistics = axes.map(([axis, { pk, pp, rms }]) => `"${axis}pk":${pk},"${axis}pp":${pp},"${axis}rms":${rms}`);
  const samples = axes.map(([axis, { text }]) => `"${axis}":[${text}]`);
  return `{${[common, ...statistics, ...samples].join(',')}}`;
}
