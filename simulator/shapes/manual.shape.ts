import type { Sensor } from '../model/sensors';
import { shapeOf } from './format';
import type { Shape, ShapeChoices } from './shape';

/** As in the vendor's manual: lists are objects, axes and record serials are strings, times are dates, notifications are flat. */
export function manualShape({ connectedList = 'object', notification = 'flat-text' }: ShapeChoices = {}): Shape {
  return shapeOf({
    timeFormat: 'day',
    list: 'object',
    connectedList,
    notification,
    serial: 'text',
    axes: 'text',
    sensor: (sensor) => JSON.stringify(manualFields(sensor)),
    sensorConnection: (sensor) => JSON.stringify(manualFields(sensor)),
  });
}

/** The eleven fields that the manual lists. */
export function manualFields({ serial, connected, accessPoint, partNumber, settings }: Sensor) {
  return {
    Serial: serial,
    Connected: connected ? 1 : 0,
    AccessPoint: accessPoint,
    PartNum: partNumber,
    ReadRate: 60,
    GMode: '16',
    FreqMode: '1000',
    ReadPeriod: 60,
    Samples: settings.samples,
    HwVer: '1.2',
    FmVer: '2.0.4',
  };
}
