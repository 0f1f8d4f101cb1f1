import { signalsSchema } from '../signals/signal';
import type { Axis } from '../signals/sampling';
import type { SignalsInput } from '../signals/signal';
import { accurateClock, checkZone, GatewayClock } from './gateway-clock';
import type { ClockSettings, TimeFormat } from './gateway-clock';
import { ledgerOf } from './ledger';
import type { Ledger, LedgerQuery } from './ledger';
import { RangeSet } from './range-set';
import { RecordIds } from './record-ids';
import type { Channel, IdMode } from './record-ids';
import { RecordLog } from './record-log';
import type { Depth, Schedule } from './record-log';
import { samplesOfRecord } from './records';
import type { RecordKind, StoredRecord } from './records';
import { accessPointOf, makeSensor, makeSensors } from './sensors';
import type { Sensor, SensorOptions, SensorSettings } from './sensors';

export interface MeasurementOptions extends SensorOptions {
  readonly samples: number;
  /** In Hz. Default 2560. */
  readonly rateHz?: number | undefined;
  readonly signals?: SignalsInput | undefined;
  readonly schedule?: Partial<Schedule> | undefined;
  readonly depth?: Partial<Depth> | undefined;
  readonly ids?: IdMode | undefined;
  readonly clock?: Partial<ClockSettings> | undefined;
}

/** Which records a client asks for. Days are `yyyy-mm-dd` by the gateway's clock. */
export interface RecordQuery {
  readonly accepts: (serial: number) => boolean;
  /** Inclusive; null: no bound. */
  readonly start: string | null;
  readonly end: string | null;
  readonly endExclusive: boolean;
  readonly max: number;
}

/** What a sensor or the schedule did. */
export interface MeasurementEvents {
  /** A sensor joined or left. */
  sensorConnection(sensor: Sensor): void;
  scheduleChanged(): void;
}

/** A sensor of one gateway, as tests and control actions describe it. */
export interface SensorChange {
  readonly samples?: number | undefined;
  readonly rateHz?: number | undefined;
  readonly signals?: SignalsInput | undefined;
}

const DEFAULT_RATE_HZ = 2560;
const usualSignals = signalsSchema.parse({ kind: 'machine' });
const noSchedule: Schedule = { reading: null, temp: null, batt: null };
const noEvents: MeasurementEvents = { sensorConnection: () => undefined, scheduleChanged: () => undefined };

/** The sensors of one gateway, what they measured, and what of it the gateway sent. Independent of frames and sockets. */
export class Measurements {
  readonly sensors: Sensor[];
  /** Numbers of the records that were sent at least once. */
  readonly sent: Readonly<Record<Channel, Readonly<Record<RecordKind, RangeSet>>>> = {
    notification: { reading: new RangeSet(), temp: new RangeSet(), batt: new RangeSet() },
    history: { reading: new RangeSet(), temp: new RangeSet(), batt: new RangeSet() },
  };
  readonly ids: RecordIds;
  private readonly startedAt: number;
  private made: RecordLog | null = null;
  private readonly gatewayClock: GatewayClock;
  private readonly usualSettings: SensorSettings;
  /** The clock never shows less, so that a change applies to all that is measured after it. */
  private earliest = -Infinity;

  /** @param clock returns epoch milliseconds. @throws RangeError for an unknown zone */
  constructor(
    private readonly options: MeasurementOptions,
    private readonly clock: () => number = Date.now,
    private readonly events: MeasurementEvents = noEvents,
  ) {
    const { samples, rateHz = DEFAULT_RATE_HZ, signals } = options;
    this.usualSettings = { samples, rateHz, signals: signals ? signalsSchema.parse(signals) : usualSignals };
    this.sensors = makeSensors(options, this.usualSettings);
    this.startedAt = clock();
    this.ids = new RecordIds(options.ids ?? 'gateway', (kind) => this.log.timelines[kind]);
    const clockSettings = { ...accurateClock, ...options.clock };
    checkZone(clockSettings.zone);
    this.gatewayClock = new GatewayClock(clockSettings);
  }

  get log(): RecordLog {
    return this.makeLog();
  }

  /** When the next scheduled measurement after this time is due. Null if none is. */
  nextDue(after: number): number | null {
    const isScheduled =
      this.made !== null || Object.values(this.options.schedule ?? {}).some((everyMs) => typeof everyMs === 'number');
    return isScheduled ? this.log.nextDue(after) : null;
  }

  /** True epoch milliseconds. */
  now(): number {
    return Math.max(this.clock(), this.earliest);
  }

  find(serial: number): Sensor | null {
    return this.sensors.find((sensor) => sensor.serial === serial) ?? null;
  }

  /** Measures now. */
  measure(kind: RecordKind, sensor: Sensor): StoredRecord {
    const record = this.log.add(kind, sensor, this.now());
    this.earliest = Math.max(this.earliest, record.at);
    return record;
  }

  /** The matching records that the gateway still has, newest first, `max` at most. */
  history(kind: RecordKind, { accepts, start, end, endExclusive, max }: RecordQuery): StoredRecord[] {
    const isInWindow = ({ at }: StoredRecord): boolean => {
      if (start === null && end === null) return true;
      const day = this.gatewayClock.dayOf(at);
      return (start === null || day >= start) && (end === null || (endExclusive ? day < end : day <= end));
    };
    const found: StoredRecord[] = [];
    if (max <= 0) return found;
    const { from, to } = this.gatewayClock.spanOf(start, end);
    for (const record of this.log.held(kind, this.now())) {
      if (record.at < from) break; // The others are older.
      if (record.at > to) continue;
      if (!accepts(record.serial) || !isInWindow(record)) continue;
      found.push(record);
      if (found.length >= max) break;
    }
    return found;
  }

  /** The record's time as this gateway writes it. */
  timeOf({ at }: StoredRecord, usual: TimeFormat): string {
    return this.gatewayClock.textOf(at, usual);
  }

  /** Notes that records were sent. */
  noteSent(channel: Channel, records: readonly StoredRecord[]): void {
    for (const { kind, number } of records) this.sent[channel][kind].add(number);
  }

  /** What was generated and sent: see `Ledger`. */
  ledger(query: Partial<LedgerQuery> = {}): Ledger {
    return ledgerOf(this, query);
  }

  /** The exact samples of a vibration reading in g, by axis. Null if there is no such record. */
  samplesOf(number: number): Partial<Record<Axis, number[]>> | null {
    for (const record of this.log.timelines.reading.newestFirst(this.now())) {
      if (record.number === number) return samplesOfRecord(record);
      if (record.number < number) break;
    }
    return null;
  }

  /** Changes intervals from now on, in milliseconds; null ends a schedule. */
  setSchedule(schedule: Partial<Schedule>): void {
    this.log.reschedule(schedule, this.sensors, this.now());
    this.events.scheduleChanged();
  }

  /** Sets the clock for what is measured from now on. @throws RangeError for an unknown zone */
  setClock(settings: Partial<ClockSettings>): void {
    const from = Math.max(this.clock(), this.earliest + 1);
    this.gatewayClock.set(settings, from);
    this.earliest = from;
  }

  /** Numbers later records from 1. With `clear`, deletes those before. */
  resetIds(clear = false): void {
    const now = this.now();
    const serials = this.sensors.map(({ serial }) => serial);
    this.ids.reset(serials, now);
    if (clear) this.log.clear(now);
  }

  /** Deletes records by number, both ends inclusive. */
  deleteRecords(kind: RecordKind, from: number, to: number): void {
    this.log.deleted[kind].add(from, to);
  }

  /** A sensor joins, with the settings of the others unless told otherwise. One that is known returns. */
  addSensor(serial: number, change: SensorChange = {}): void {
    this.makeLog();
    let sensor = this.find(serial);
    if (!sensor) {
      sensor = { ...makeSensor(serial, accessPointOf(this.options.number), this.usualSettings), connected: false };
      this.sensors.push(sensor);
    }
    sensor.settings = changed(sensor.settings, change);
    this.connectSensor(serial, true);
  }

  /** A sensor vanishes from the list. What it measured stays. @throws RangeError if there is no such sensor */
  removeSensor(serial: number): void {
    const sensor = this.get(serial);
    this.log.end(serial, this.now());
    this.sensors.splice(this.sensors.indexOf(sensor), 1);
    this.events.scheduleChanged();
  }

  /** A sensor comes within reach, or leaves it: then it measures nothing. @throws RangeError if there is no such sensor */
  connectSensor(serial: number, connected: boolean): void {
    const sensor = this.get(serial);
    const log = this.makeLog();
    if (sensor.connected !== connected) {
      sensor.connected = connected;
      log.end(serial, this.now());
      if (connected) log.begin(sensor, this.now());
    }
    this.events.sensorConnection(sensor);
    this.events.scheduleChanged();
  }

  /** Changes how a sensor measures from now on. @throws RangeError if there is no such sensor */
  changeSensor(serial: number, change: SensorChange): void {
    const sensor = this.get(serial);
    const log = this.makeLog();
    sensor.settings = changed(sensor.settings, change);
    if (!sensor.connected) return;
    log.end(serial, this.now());
    log.begin(sensor, this.now());
  }

  // Made when it is needed, and before the sensors change: of ten thousand gateways, most are never asked for a record.
  private makeLog(): RecordLog {
    const { schedule, depth = {} } = this.options;
    this.made ??= new RecordLog(this.sensors, this.startedAt, { ...noSchedule, ...schedule }, depth);
    return this.made;
  }

  private get(serial: number): Sensor {
    const sensor = this.find(serial);
    if (!sensor) throw new RangeError(`no sensor ${serial}`);
    return sensor;
  }
}

function changed(settings: SensorSettings, { samples, rateHz, signals }: SensorChange): SensorSettings {
  return {
    samples: samples ?? settings.samples,
    rateHz: rateHz ?? settings.rateHz,
    signals: signals === undefined ? settings.signals : signalsSchema.parse(signals),
  };
}
