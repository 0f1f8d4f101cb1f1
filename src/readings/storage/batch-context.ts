import { groupBy } from '../../common/group-by';
import type { DatedRecord, RecordContext } from './incoming';
import type { RateSource } from './vibration-reading.entity';

/** A sensor of a batch, as the database knows it; without its id and number if it does not. */
export interface FoundSensor {
  readonly gatewayId: string;
  readonly serial: number;
  readonly organizationId: string;
  readonly factoryId: string;
  readonly sensorId: string | null;
  readonly sensorNumber: number | null;
  readonly sampleRateHz: number | null;
  readonly rateSource: RateSource | null;
  /** Of the gateway's clock: a name of the IANA database. */
  readonly zone: string;
}

/** A local time in a zone, which some records of a batch share. */
export interface LocalTime {
  readonly zone: string;
  readonly local: string;
  readonly offset: string | null;
}

/** The instant of a local time. */
export interface FoundTime {
  readonly at: Date;
  /** The other instant with this local time, if the clock was set back; else null. */
  readonly other: Date | null;
  /** Whether the clock was set ahead over this local time. */
  readonly isShifted: boolean;
}

/** What the database says about the sensors and times of a batch. Many records share them, so each is asked for once. */
export class BatchContext {
  /** By gateway and serial. Keys that are put together for each record would take longer than all the rest. */
  private readonly sensors: ReadonlyMap<string, ReadonlyMap<number, FoundSensor>>;
  /** By zone and local time. */
  private readonly times = new Map<string, Map<string, FoundTime>>();

  /** @param firstNumber that of the first record; the others follow */
  constructor(
    sensors: readonly FoundSensor[],
    private readonly firstNumber: number,
  ) {
    const byGateway = groupBy(sensors, ({ gatewayId }) => gatewayId);
    this.sensors = new Map(
      [...byGateway].map(([gatewayId, found]) => [gatewayId, new Map(found.map((sensor) => [sensor.serial, sensor]))]),
    );
  }

  /** The local times of these records, each once. */
  timesOf(records: readonly DatedRecord[]): LocalTime[] {
    const found = new Map<string, Map<string, LocalTime>>();
    for (const { reading, time } of records) {
      const zone = this.sensorOf(reading)?.zone;
      if (zone === undefined || !time) continue;
      let ofZone = found.get(zone);
      if (!ofZone) found.set(zone, (ofZone = new Map<string, LocalTime>()));
      const key = keyOf(time);
      if (!ofZone.has(key)) ofZone.set(key, { zone, local: time.local, offset: time.offset });
    }
    return [...found.values()].flatMap((ofZone) => [...ofZone.values()]);
  }

  /** @param found the instants of `times`, in their order */
  learnTimes(times: readonly LocalTime[], found: readonly FoundTime[]): void {
    for (const [index, time] of times.entries()) {
      const instant = found[index];
      const ofZone = this.times.get(time.zone) ?? new Map<string, FoundTime>();
      if (instant) this.times.set(time.zone, ofZone.set(keyOf(time), instant));
    }
  }

  /** Null if the gateway or the sensor of the record is not in the database. */
  of({ reading, time, position }: DatedRecord): RecordContext | null {
    const sensor = this.sensorOf(reading);
    if (!sensor) return null;
    const { organizationId, factoryId, sensorId, sensorNumber, sampleRateHz, rateSource, zone } = sensor;
    if (sensorId === null || sensorNumber === null) return null;
    const found = time && this.times.get(zone)?.get(keyOf(time));
    return {
      owner: { organizationId, factoryId, sensorId, sensorNumber },
      sampleRateHz,
      rateSource,
      measuredAt: found ? instantOf(found, reading) : reading.receivedAt,
      isAmbiguous: (found?.other ?? null) !== null,
      isShifted: found?.isShifted ?? false,
      drawn: this.firstNumber + position,
    };
  }

  private sensorOf({ gatewayId, serial }: DatedRecord['reading']): FoundSensor | undefined {
    return this.sensors.get(gatewayId)?.get(serial);
  }
}

/**
 * Of two instants with the same local time, a record that has just been measured takes the one nearer to its receipt, others the later one,
 * which is standard time.
 */
function instantOf({ at, other }: FoundTime, { origin, receivedAt }: DatedRecord['reading']): Date {
  if (other === null) return at;
  if (origin === 'history') return at > other ? at : other;
  const distance = (instant: Date): number => Math.abs(instant.getTime() - receivedAt.getTime());
  return distance(other) < distance(at) ? other : at;
}

function keyOf({ local, offset }: Pick<LocalTime, 'local' | 'offset'>): string {
  return offset === null ? local : local + offset;
}
