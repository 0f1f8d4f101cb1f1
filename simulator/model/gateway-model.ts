import { envelope } from '../messages';
import { RecordLog } from './records';
import type { RecordKind, RecordQuery } from './records';
import { makeSensors } from './sensors';
import type { Sensor } from './sensors';
import type { Shape } from '../shapes/shape';

export type NotificationKind = RecordKind | 'conn';

/** A command that cannot be carried out. The message becomes the `Error` of RTN_ERR. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

type Fields = Readonly<Record<string, unknown>>;

const historyOf: Readonly<Record<string, { kind: RecordKind; reply: string }>> = {
  GET_DYN_READINGS: { kind: 'reading', reply: 'RTN_DYN_READINGS' },
  GET_DYN_TEMPS: { kind: 'temp', reply: 'RTN_DYN_TEMPS' },
  GET_DYN_BATTS: { kind: 'batt', reply: 'RTN_DYN_BATTS' },
};

const takes: Readonly<Record<string, readonly RecordKind[]>> = {
  // A vibration reading also yields a temperature.
  TAKE_DYN_READING: ['reading', 'temp'],
  TAKE_DYN_TEMP: ['temp'],
  TAKE_DYN_BATT: ['batt'],
};

const notificationOf: Readonly<Record<RecordKind, string>> = {
  reading: 'NOT_DYN_READING',
  temp: 'NOT_DYN_TEMP',
  batt: 'NOT_DYN_BATT',
};

const DEFAULT_MAX = 25;

/** The sensors and measurements of one gateway, and the frames that report them. Independent of sockets. */
export class GatewayModel {
  private readonly sensors: Sensor[];
  private readonly log: RecordLog;
  private turn = 0;

  /** @param clock returns epoch milliseconds */
  constructor(
    private readonly shape: Shape,
    options: { readonly number: number; readonly samples: number; readonly serials?: readonly number[] | undefined },
    private readonly clock: () => number = Date.now,
  ) {
    this.sensors = makeSensors(options.number, options.samples, options.serials);
    this.log = new RecordLog(this.sensors, clock());
  }

  /**
   * The reply to a GET_*, or null if the type is not a known one.
   * @throws CommandError if the data is invalid for the command
   */
  answer(type: string, data: Fields): string | null {
    if (type === 'GET_DYN') {
      const serials = serialsIn(data);
      const wanted = this.sensors.filter(({ serial }) => serials.length === 0 || serials.includes(serial));
      return envelope('RTN_DYN', this.shape.sensors(wanted));
    }
    if (type === 'GET_DYN_CONNECTED') {
      return envelope('RTN_DYN', this.shape.sensors(this.sensors.filter(({ connected }) => connected)));
    }
    const history = historyOf[type];
    if (!history) return null;
    return envelope(history.reply, this.shape.records(history.kind, this.log.find(history.kind, queryIn(data))));
  }

  /**
   * Starts a TAKE_*: `started` is a notification to send at once, if any; `finish` measures and returns the notifications to send
   * when the sensor is done. Null if the type is not a known TAKE_*.
   * @throws CommandError if the sensor is unknown or out of reach
   */
  take(type: string, data: Fields): { started: string | null; finish: () => string[] } | null {
    const kinds = takes[type];
    if (!kinds) return null;

    const sensor = this.sensors.find(({ serial }) => serial === data['Serial']);
    if (!sensor) throw new CommandError(`Unknown Serial: ${JSON.stringify(data['Serial'] ?? null)}`);
    if (!sensor.connected) throw new CommandError(`Dynamizer ${sensor.serial} is not connected`);

    const started = JSON.stringify({ Serial: sensor.serial, Success: true });
    return {
      started: type === 'TAKE_DYN_READING' ? envelope('NOT_DYN_READING_STARTED', started) : null,
      finish: () => kinds.map((kind) => this.measure(kind, sensor)),
    };
  }

  /** A notification for the next sensor in turn. `conn` takes the last sensor out of reach, or back. Null if no sensor is available. */
  notification(kind: NotificationKind): string | null {
    if (kind === 'conn') {
      const sensor = this.sensors.at(-1);
      if (!sensor) return null;
      sensor.connected = !sensor.connected;
      return envelope('NOT_DYN_CONN', this.shape.sensorConnection(sensor, this.clock()));
    }
    const connected = this.sensors.filter((sensor) => sensor.connected);
    const sensor = connected[this.turn++ % Math.max(1, connected.length)];
    return sensor ? this.measure(kind, sensor) : null;
  }

  private measure(kind: RecordKind, sensor: Sensor): string {
    const record = this.log.add(kind, sensor, this.clock());
    return envelope(notificationOf[kind], this.shape.notification(kind, record));
  }
}

function queryIn(data: Fields): RecordQuery {
  const max = data['Max'] ?? DEFAULT_MAX;
  if (typeof max !== 'number') throw new CommandError('Max must be an integer');
  return { serials: serialsIn(data), start: dateIn(data, 'Start'), end: dateIn(data, 'End'), max: Math.max(0, max) };
}

function serialsIn(data: Fields): readonly number[] {
  const serials: unknown = data['Serials'] ?? [];
  if (Array.isArray(serials) && serials.every((serial) => typeof serial === 'number')) return serials;
  throw new CommandError('Serials must be a list of integers');
}

/** Null for "", which some clients send when they mean no date. @throws CommandError for another format */
function dateIn(data: Fields, key: 'Start' | 'End'): string | null {
  const date = data[key] ?? '';
  if (date === '') return null;
  if (typeof date === 'string' && /^\d{4}-\d\d-\d\d$/.test(date)) return date;
  throw new CommandError(`${key} must be yyyy-mm-dd`);
}
