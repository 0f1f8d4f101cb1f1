import { usualAnswers } from '../answers';
import type { Answers } from '../answers';
import { envelope } from '../messages';
import type { Shape } from '../shapes/shape';
import type { Measurements } from './measurements';
import type { RecordQuery } from './measurements';
import type { Channel } from './record-ids';
import type { RecordKind, StoredRecord } from './records';
import type { Sensor } from './sensors';

/** What a gateway can be made to announce: a record, a sensor that joined or left, an access point that did. */
export const notificationKinds = ['reading', 'temp', 'batt', 'conn', 'ap'] as const;
export type NotificationKind = (typeof notificationKinds)[number];

/** A command that cannot be carried out. The message becomes the `Error` of RTN_ERR. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** A frame, and what to do once it was sent to at least one client. */
export interface Outgoing {
  readonly frame: string;
  readonly sent: () => void;
}

/** A `TAKE_*` that can be carried out. */
export interface TakeOrder {
  readonly serial: number;
  /** The notification that it has begun. Null: this command has none. */
  readonly started: (success: boolean) => Outgoing | null;
  /** Measures, and returns the notifications of it. */
  readonly finish: () => Outgoing[];
}

type Fields = Readonly<Record<string, unknown>>;

const historyOf: Readonly<Record<string, { kind: RecordKind; reply: string }>> = {
  GET_DYN_READINGS: { kind: 'reading', reply: 'RTN_DYN_READINGS' },
  GET_DYN_TEMPS: { kind: 'temp', reply: 'RTN_DYN_TEMPS' },
  GET_DYN_BATTS: { kind: 'batt', reply: 'RTN_DYN_BATTS' },
};

/** Which command is answered instead, if a gateway answers the wrong one. */
const mistakenFor: Readonly<Record<string, string>> = {
  GET_DYN: 'GET_DYN_TEMPS',
  GET_DYN_CONNECTED: 'GET_DYN_TEMPS',
  GET_DYN_READINGS: 'GET_DYN_TEMPS',
  GET_DYN_TEMPS: 'GET_DYN_BATTS',
  GET_DYN_BATTS: 'GET_DYN_TEMPS',
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

/** Answers commands about sensors and measurements, and words the notifications of them. Independent of sockets. */
export class GatewayModel {
  private turn = 0;
  private accessPointConnected = true;

  constructor(
    private readonly shape: Shape,
    private readonly measurements: Measurements,
    private readonly answers: Readonly<Answers> = usualAnswers(),
  ) {}

  /**
   * The reply to a GET_*, or null if the type is not a known one.
   * @throws CommandError if the data is invalid for the command
   */
  answer(type: string, data: Fields): Outgoing | null {
    if (!(type in mistakenFor)) return null;
    const { replyTypes, replyWrong } = this.answers;
    const wrong = replyTypes.includes(type) ? replyWrong : null;
    const answered = wrong === 'type' ? (mistakenFor[type] ?? type) : type;
    const serials = serialsIn(data);
    const accepts = (serial: number): boolean => {
      if (wrong === 'serials') return serials.length > 0 && !serials.includes(serial);
      return serials.length === 0 || serials.includes(serial) || this.answers.ignoreSerials;
    };
    if (answered === 'GET_DYN') {
      return plain('RTN_DYN', this.shape.sensors(this.sensors.filter(({ serial }) => accepts(serial))));
    }
    if (answered === 'GET_DYN_CONNECTED') {
      return plain('RTN_DYN', this.shape.connectedSensors(this.sensors.filter(({ connected }) => connected)));
    }
    const history = historyOf[answered];
    return history ? this.history(history.kind, history.reply, { ...this.queryIn(data), accepts }) : null;
  }

  /**
   * What a TAKE_* starts. Null if the type is not a known TAKE_*.
   * @throws CommandError if the sensor is unknown or out of reach
   */
  take(type: string, data: Fields): TakeOrder | null {
    const kinds = takes[type];
    if (!kinds) return null;

    const sensor = this.sensors.find(({ serial }) => serial === data['Serial']);
    if (!sensor) throw new CommandError(`Unknown Serial: ${JSON.stringify(data['Serial'] ?? null)}`);
    const { serial } = sensor;
    if (!sensor.connected) throw new CommandError(`Dynamizer ${serial} is not connected`);

    return {
      serial,
      started: (success) =>
        type === 'TAKE_DYN_READING'
          ? plain('NOT_DYN_READING_STARTED', JSON.stringify({ Serial: serial, Success: success }))
          : null,
      finish: () => kinds.map((kind) => this.notificationOf(this.measurements.measure(kind, sensor))),
    };
  }

  /** Measures with the next connected sensor in turn; `ap` is the access point leaving or joining. Null if no sensor is available. */
  notification(kind: RecordKind | 'ap'): Outgoing | null {
    if (kind === 'ap') return this.accessPointConnection();
    const connected = this.sensors.filter((sensor) => sensor.connected);
    const sensor = connected[this.turn++ % Math.max(1, connected.length)];
    return sensor ? this.notificationOf(this.measurements.measure(kind, sensor)) : null;
  }

  /** NOT_DYN_READING, NOT_DYN_TEMP or NOT_DYN_BATT. */
  notificationOf(record: StoredRecord): Outgoing {
    const data = this.shape.notification(record.kind, this.report(record, 'notification'));
    return {
      frame: envelope(notificationOf[record.kind], data),
      sent: () => this.measurements.noteSent('notification', [record]),
    };
  }

  /** NOT_DYN_CONN. */
  sensorConnection(sensor: Sensor): Outgoing {
    return plain('NOT_DYN_CONN', this.shape.sensorConnection(sensor));
  }

  private get sensors(): readonly Sensor[] {
    return this.measurements.sensors;
  }

  private history(kind: RecordKind, reply: string, query: RecordQuery): Outgoing {
    const records = this.measurements.history(kind, query);
    const reported = records.map((record) => this.report(record, 'history'));
    return {
      frame: envelope(reply, this.shape.records(kind, reported)),
      sent: () => this.measurements.noteSent('history', records),
    };
  }

  private report(stored: StoredRecord, channel: Channel) {
    const { ids } = this.measurements;
    return {
      stored,
      id: ids.idOf(stored, channel),
      time: this.measurements.timeOf(stored, this.shape.timeFormat),
    };
  }

  private accessPointConnection(): Outgoing | null {
    const serial = this.sensors[0]?.accessPoint;
    if (serial === undefined) return null;
    this.accessPointConnected = !this.accessPointConnected;
    return plain('NOT_AP_CONN', JSON.stringify({ Serial: serial, Connected: this.accessPointConnected ? 1 : 0 }));
  }

  private queryIn(data: Fields): Omit<RecordQuery, 'accepts'> {
    const max = data['Max'] ?? DEFAULT_MAX;
    if (typeof max !== 'number') throw new CommandError('Max must be an integer');
    const { maxCap, endExclusive } = this.answers;
    const limit = Math.min(max, maxCap ?? Infinity);
    return { start: dateIn(data, 'Start'), end: dateIn(data, 'End'), endExclusive, max: limit };
  }
}

function plain(type: string, data: string): Outgoing {
  return { frame: envelope(type, data), sent: () => undefined };
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
