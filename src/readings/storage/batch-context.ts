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
  readonly twin: Date | null;
  /** Whether the clock was set ahead over this local time. */
  readonly isShifted: boolean;
}

/** What the database says about the sensors and times of a batch. Many records share them, so each is asked for once. */
export class BatchContext {
  private readonly sensors: ReadonlyMap<string, FoundSensor>;
  private readonly times = new Map<string, FoundTime>();

  /** @param firstNumber that of the first record; the others follow */
  constructor(
    sensors: readonly FoundSensor[],
    private readonly firstNumber: number,
  ) {
    this.sensors = new Map(sensors.map((sensor) => [sensorKey(sensor), sensor]));
  }

  /** The local times of these records, each once. */
  timesOf(records: readonly DatedRecord[]): LocalTime[] {
    const times = new Map<string, LocalTime>();
    for (const { reading, time } of records) {
      const sensor = this.sensors.get(sensorKey(reading));
      if (!sensor || !time) continue;
      const { zone } = sensor;
      const { local, offset } = time;
      times.set(timeKey({ zone, local, offset }), { zone, local, offset });
    }
    return [...times.values()];
  }

  /** @param found the instants of `times`, in their order */
  learnTimes(times: readonly LocalTime[], found: readonly FoundTime[]): void {
    for (const [index, time] of found.entries()) {
      const local = times[index];
      if (local) this.times.set(timeKey(local), time);
    }
  }

  /** Null if the gateway or the sensor of the record is not in the database. */
  of({ reading, time, position }: DatedRecord): RecordContext | null {
    const sensor = this.sensors.get(sensorKey(reading));
    if (!sensor) return null;
    const { organizationId, factoryId, sensorId, sensorNumber, sampleRateHz, rateSource, zone } = sensor;
    if (sensorId === null || sensorNumber === null) return null;
    const found = time && this.times.get(timeKey({ zone, local: time.local, offset: time.offset }));
    return {
      owner: { organizationId, factoryId, sensorId, sensorNumber },
      ...{ sampleRateHz, rateSource },
      measuredAt: found ? instantOf(found, reading) : reading.receivedAt,
      isAmbiguous: (found?.twin ?? null) !== null,
      isShifted: found?.isShifted ?? false,
      drawn: this.firstNumber + position,
    };
  }
}

/**
 * Of two instants with the same local time, a record that has just been measured takes the one nearer to its receipt, others the later one,
 * which is standard time.
 */
function instantOf({ at, twin }: FoundTime, { origin, receivedAt }: DatedRecord['reading']): Date {
  if (twin === null) return at;
  if (origin === 'history') return at > twin ? at : twin;
  const distance = (instant: Date): number => Math.abs(instant.getTime() - receivedAt.getTime());
  return distance(twin) < distance(at) ? twin : at;
}

export function sensorKey({ gatewayId, serial }: { readonly gatewayId: string; readonly serial: number }): string {
  return `${gatewayId} ${serial}`;
}

function timeKey({ zone, local, offset }: LocalTime): string {
  return `${zone} ${local}${offset ?? ''}`;
}
