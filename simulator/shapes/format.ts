import type { TimeFormat } from '../model/gateway-clock';
import { valueOf, waveformsOf } from '../model/records';
import type { RecordKind } from '../model/records';
import type { Sensor } from '../model/sensors';
import type { ListStyle, NotificationStyle, ReportedRecord, Shape } from './shape';

/** What the formats of the manual and of recorded traffic differ in. */
export interface Format {
  readonly timeFormat: TimeFormat;
  readonly list: ListStyle;
  readonly connectedList: ListStyle;
  readonly notification: NotificationStyle;
  /** The serial of a record. */
  readonly serial: 'number' | 'text';
  /** The axes of a vibration reading in the history: text, or numbers with statistics. */
  readonly axes: 'text' | 'array';
  /** The fields of a listed sensor, JSON text. */
  readonly sensor: (sensor: Sensor) => string;
  /** The fields of NOT_DYN_CONN, JSON text. */
  readonly sensorConnection: (sensor: Sensor) => string;
}

export function shapeOf(format: Format): Shape {
  const { timeFormat, list, connectedList, notification, serial, axes } = format;
  const isWrapped = notification.startsWith('record');
  const notifiedAxes = notification.endsWith('text') ? 'text' : 'array';
  const sensors = (style: ListStyle, listed: readonly Sensor[]): string =>
    listOf(style, listed.map(format.sensor), (index) => listed[index]?.serial ?? index);

  return {
    timeFormat,
    sensors: (listed) => sensors(list, listed),
    connectedSensors: (listed) => sensors(connectedList, listed),
    records: (kind, records) =>
      listOf(
        list,
        records.map((record) => recordFields(kind, record, serial, axes)),
        (index) => index,
      ),
    notification: (kind, record) => {
      const fields = recordFields(kind, record, serial, notifiedAxes);
      return isWrapped ? `{"0":${fields}}` : fields;
    },
    sensorConnection: format.sensorConnection,
  };
}

function listOf(style: ListStyle, items: readonly string[], keyOf: (index: number) => number): string {
  if (style === 'array') return `[${items.join(',')}]`;
  return `{${items.map((item, index) => `"${keyOf(index)}":${item}`).join(',')}}`;
}

function recordFields(
  kind: RecordKind,
  { stored, id, time }: ReportedRecord,
  serial: Format['serial'],
  axes: Format['axes'],
): string {
  const numbered = id === null ? '' : `"ID":${id},`;
  const common = `${numbered}"Serial":${serial === 'text' ? `"${stored.serial}"` : stored.serial},"Time":"${time}"`;
  if (kind === 'temp') return `{${common},"Temp":${valueOf(stored)}}`;
  if (kind === 'batt') return `{${common},"Batt":${valueOf(stored)}}`;

  const waveforms = waveformsOf(stored);
  if (axes === 'text') return `{${[common, ...waveforms.map(([axis, { text }]) => `"${axis}":"${text}"`)].join(',')}}`;
  const statistics = waveforms.map(
    ([axis, { pk, pp, rms }]) => `"${axis}pk":${pk},"${axis}pp":${pp},"${axis}rms":${rms}`,
  );
  const samples = waveforms.map(([axis, { text }]) => `"${axis}":[${text}]`);
  return `{${[common, ...statistics, ...samples].join(',')}}`;
}
