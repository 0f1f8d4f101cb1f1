import type { Sensor } from '../model/sensors';
import { shapeOf } from './format';
import { manualFields } from './manual.shape';
import type { Shape, ShapeChoices } from './shape';

/**
 * The format recorded from hardware: lists are arrays, axes are numbers with statistics, times include minutes. That notified records
 * are wrapped in an object under "0", and have statistics, is assumed; NOT_DYN_CONN is the manual's, since none was recorded.
 */
export function capturedShape({ connectedList = 'array', notification = 'record-array' }: ShapeChoices = {}): Shape {
  return shapeOf({
    timeFormat: 'minute',
    list: 'array',
    connectedList,
    notification,
    serial: 'number',
    axes: 'array',
    sensor: (sensor) => JSON.stringify(sensorFields(sensor)),
    sensorConnection: (sensor) => JSON.stringify(manualFields(sensor)),
  });
}

/** Both kinds were recorded: sensors with odd serials have all that is known to occur, others have nulls and no `Nickname`. */
function sensorFields(sensor: Sensor) {
  const isComplete = sensor.serial % 2 === 1;
  const { rateHz } = sensor.settings;
  return {
    ...manualFields(sensor),
    FreqMode: 1000,
    Coupling: 0,
    Fs: rateHz,
    Fmax: rateHz / 2.56,
    Machine: isComplete ? `Pump ${sensor.serial % 10}` : null,
    EarlyUnit: isComplete ? 'g' : null,
    CritUnit: isComplete ? 'g' : null,
    Early: isComplete ? 0.5 : null,
    Crit: isComplete ? 1 : null,
    ...(isComplete && { Nickname: `Sensor ${sensor.serial % 10}` }),
    Favorite: null,
    VelocityMode: null,
  };
}
