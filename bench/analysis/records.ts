import type { NewReading } from '../../src/readings/reading';
import { seededRandom } from '../../simulator/seeded-random';

export const SAMPLE_RATE_HZ = 25_600;
const SAMPLES = 4096;
const SERIAL = 30_000_033;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TODAY = Math.floor(Date.now() / DAY_MS) * DAY_MS;
/** The last year, in epoch milliseconds: the service drops much older readings. */
export const YEAR = { from: TODAY - 365 * DAY_MS, to: TODAY };

/** Vibration of a machine: its speed, a harmonic, a gear and noise, with the four decimals that gateways send. */
export function vibrationRecords(gatewayId: string, count: number): NewReading[] {
  const random = seededRandom(7);
  const axis = (): Float64Array => {
    const phase = 2 * Math.PI * random();
    const wave = (hz: number, g: number, n: number) => g * Math.sin((2 * Math.PI * hz * n) / SAMPLE_RATE_HZ + phase);
    const sample = (n: number) => wave(24.7, 0.4, n) + wave(49.4, 0.1, n) + wave(1180, 0.2, n) + 0.1 * (random() - 0.5);
    return new Float64Array(SAMPLES).map((_, n) => Math.round(sample(n) * 1e4) / 1e4);
  };
  return Array.from({ length: count }, (_, index) => ({
    ...aRecord(gatewayId, index, YEAR.from + index * HOUR_MS),
    ...{ kind: 'vibration', value: null, axes: { x: axis(), y: axis(), z: axis() } },
  }));
}

/** A temperature for each hour of a year. */
export function temperatureRecords(gatewayId: string): NewReading[] {
  const hours = (YEAR.to - YEAR.from) / HOUR_MS;
  const degrees = (hour: number) => Math.round(10 * (40 + 8 * Math.sin((2 * Math.PI * hour) / 24))) / 10;
  return Array.from({ length: hours }, (_, hour) => ({
    ...aRecord(gatewayId, hour, YEAR.from + hour * HOUR_MS),
    ...{ kind: 'temperature', value: degrees(hour), axes: {} },
  }));
}

function aRecord(gatewayId: string, recordId: number, at: number): Omit<NewReading, 'kind' | 'value' | 'axes'> {
  const receivedAt = new Date(at);
  const timeText = receivedAt.toISOString().slice(0, 16).replace('T', ' ');
  return {
    ...{ gatewayId, serial: SERIAL, recordId: recordId + 1, timeText, receivedAt },
    ...{ reported: {}, extra: null, origin: 'live' },
  };
}
