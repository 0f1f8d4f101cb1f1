import type { NewReading } from '../../src/readings/reading';
import { samplesOf, signalSchema } from '../../simulator/signals/signal';
import { aRecord } from '../integration/support/readings';
import { createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { queryDatabase } from '../support/database';
import { storeReadings } from '../support/readings';

interface Spectrum {
  readonly df_hz: number;
  readonly lines: number;
  readonly from_hz: number;
  readonly axes: Record<string, number[]>;
}

const RATE = 6400;

let hub: TestApp;
let gateway: { id: string };
let serial = 1000;

beforeAll(async () => {
  hub = await startTestApp();
  const factory = await createFactory(hub.http);
  gateway = await createGateway(hub.http, factory, null, { desired_state: 'disconnected' });
});
afterAll(() => hub.close());

const tone = (hz: number, peak: number, length = 6400) =>
  Float64Array.from({ length }, (_, n) => Number((peak * Math.sin((2 * Math.PI * hz * n) / RATE)).toFixed(6)));

interface Stored {
  readonly id: string;
  readonly sensor: string;
}

/** A vibration reading of a sensor with a sample rate. */
async function aReading(axes: NewReading['axes'], rate: number | null = RATE): Promise<Stored> {
  serial += 1;
  const record = { kind: 'vibration', serial, recordId: serial } as const;
  await storeReadings(hub.app, [aRecord(gateway.id, { ...record, kind: 'temperature' })]); // Makes the sensor.
  await queryDatabase(hub.database, `UPDATE sensors SET fs_hz = ${rate ?? 'NULL'} WHERE serial = ${serial}`);
  const [stored] = await storeReadings(hub.app, [aRecord(gateway.id, { ...record, axes })]);
  return { id: stored?.id ?? '', sensor: stored?.sensorId ?? '' };
}

const get = async <Body>(path: string, status = 200): Promise<Body> =>
  (await hub.http.get(`/api/readings/${path}`).expect(status)).body as Body;
const errorOf = async (path: string, status: number) => {
  const { error } = await get<{ error: { code: string; details?: { path: string }[] } }>(path, status);
  return [error.code, error.details?.[0]?.path];
};
const peakOf = (values: number[] = []) => values.indexOf(Math.max(...values));

describe('GET /api/readings/:id/spectrum', () => {
  it('gives the amplitudes of acceleration, and says how they were computed', async () => {
    const { id } = await aReading({ x: tone(100, 2), z: tone(250, 0.5) });
    const { axes, ...facts } = await get<Spectrum>(`${id}/spectrum`);
    expect(facts).toEqual({
      ...{ reading_id: id, sample_rate_hz: RATE, rate_source: 'sensor', samples: 6400 },
      ...{ quantity: 'acceleration', unit: 'g', scale: 'peak', window: 'hann' },
      ...{ df_hz: 1, lines: 3201, from_hz: 0, enbw_hz: expect.closeTo(1.5, 9) as number, valid_from_hz: 8 },
    });
    expect(Object.keys(axes)).toEqual(['x', 'z']);
    expect([peakOf(axes['x']), axes['x']?.[100]]).toEqual([100, expect.closeTo(2, 4)]);
    expect([peakOf(axes['z']), axes['z']?.[250]]).toEqual([250, expect.closeTo(0.5, 4)]);
  });

  it.each([
    ['quantity=velocity', (9806.65 * 2) / (200 * Math.PI)],
    ['quantity=velocity&unit=in_s&scale=rms', (9806.65 * Math.SQRT2) / (200 * Math.PI) / 25.4],
    ['quantity=displacement&scale=peak_to_peak', (9_806_650 * 4) / (200 * Math.PI) ** 2],
    ['quantity=displacement&unit=mil', (9_806_650 * 2) / (200 * Math.PI) ** 2 / 25.4],
    ['unit=m_s2&window=none', 2 * 9.80665],
    ['window=flattop&scale=rms', Math.SQRT2],
  ])('in the quantity, unit and scale that are asked for: %s', async (query, expected) => {
    const { id } = await aReading({ x: tone(100, 2) });
    const { axes, from_hz } = await get<Spectrum>(`${id}/spectrum?${query}`);
    expect((axes['x']?.[100 - from_hz] ?? 0) / expected).toBeCloseTo(1, 5);
    expect(from_hz).toBe(query.startsWith('quantity') ? 1 : 0);
  });

  it('gives the lines from fmin to fmax, and the axes that are asked for', async () => {
    const { id } = await aReading({ x: tone(100, 2), y: tone(30, 1) });
    const whole = await get<Spectrum>(`${id}/spectrum`);
    const part = await get<Spectrum>(`${id}/spectrum?axis=y&fmin=20&fmax=40.5`);
    expect([part.from_hz, part.lines, part.axes]).toEqual([20, 21, { y: whole.axes['y']?.slice(20, 41) }]);
  });

  it('as CSV, with the facts in headers', async () => {
    const { id } = await aReading({ x: tone(100, 2), y: tone(30, 1) });
    const { axes } = await get<Spectrum>(`${id}/spectrum?fmin=99&fmax=100&quantity=velocity`);
    const { text, headers } = await hub.http
      .get(`/api/readings/${id}/spectrum?fmin=99&fmax=100&quantity=velocity&format=csv`)
      .expect(200);
    const rows = [99, 100].map((hz, n) => `${hz},${axes['x']?.[n]},${axes['y']?.[n]}`);
    expect(text.split('\r\n')).toEqual(['frequency_hz,x_mm_s,y_mm_s', ...rows, '']);
    expect(headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${id}-spectrum.csv"`,
      ...{
        'x-df-hz': '1',
        'x-lines': '2',
        'x-window': 'hann',
        'x-valid-from-hz': '8',
        'x-axes': 'x,y',
        'x-unit': 'mm_s',
      },
    });
  });

  it('may be kept by the client for ever, unless an axis may still come or the rate is assumed', async () => {
    const [{ id }, assumed] = [await aReading({ x: tone(100, 2) }), await aReading({ x: tone(100, 2) }, null)];
    await queryDatabase(hub.database, `UPDATE sensors SET fs_hz = 6400 WHERE id = '${assumed.sensor}'`);
    const controlOf = async (path: string) => {
      const { headers } = await hub.http.get(`/api/readings/${path}`).expect(200);
      await hub.http
        .get(`/api/readings/${path}`)
        .set('if-none-match', headers['etag'] ?? '')
        .expect(304);
      return headers['cache-control'];
    };
    expect(await controlOf(`${id}/spectrum?axis=x`)).toBe('private, max-age=31536000, immutable');
    expect(await controlOf(`${id}/spectrum`)).toBe('private, no-cache');
    expect(await controlOf(`${assumed.id}/spectrum?axis=x`)).toBe('private, no-cache');
  });

  it('needs a sample rate: that of the reading, or else the present one of the sensor', async () => {
    const { id, sensor } = await aReading({ x: tone(100, 2) }, null);
    expect(await errorOf(`${id}/spectrum`, 409)).toEqual(['SAMPLE_RATE_UNKNOWN', undefined]);
    expect(await errorOf(`${id}/envelope`, 409)).toEqual(['SAMPLE_RATE_UNKNOWN', undefined]);
    await hub.http
      .put(`/api/sensors/${sensor}`)
      .send({ settings: { sample_rate_hz: 12_800 } })
      .expect(200);
    expect(await get(`${id}/spectrum`)).toMatchObject({ df_hz: 2, rate_source: 'assumed', sample_rate_hz: 12_800 });
    const { headers } = await hub.http.get(`/api/readings/${id}/spectrum`);
    await hub.http
      .put(`/api/sensors/${sensor}`)
      .send({ settings: { sample_rate_hz: 6400 } })
      .expect(200);
    await hub.http
      .get(`/api/readings/${id}/spectrum`)
      .set('if-none-match', headers['etag'] ?? '')
      .expect(200);
  });

  it('refuses what the record cannot show', async () => {
    const { id } = await aReading({ x: tone(100, 2, 64) });
    const [short, long] = [
      await aReading({ x: tone(100, 2), y: tone(100, 2, 640) }),
      await aReading({ x: new Float64Array(131_073) }),
    ];
    expect(await errorOf(`${id}/spectrum?fmax=3201`, 422)).toEqual(['BAND_OUTSIDE_RECORD', 'fmax']);
    expect(await errorOf(`${id}/spectrum?fmin=3201`, 422)).toEqual(['BAND_OUTSIDE_RECORD', 'fmin']);
    expect(await errorOf(`${id}/spectrum?fmin=101&fmax=199`, 422)).toEqual(['BAND_OUTSIDE_RECORD', 'fmax']); // Between two lines.
    expect(await errorOf(`${id}/envelope?band=500-3200.1`, 422)).toEqual(['BAND_OUTSIDE_RECORD', 'band']);
    expect(await errorOf(`${id}/envelope?band=501-599`, 422)).toEqual(['BAND_OUTSIDE_RECORD', 'band']);
    expect(await errorOf(`${short.id}/spectrum`, 422)).toEqual(['AXES_DIFFER', 'axis']);
    await get(`${short.id}/spectrum?axis=y`);
    expect(await errorOf(`${long.id}/spectrum`, 422)).toEqual(['RECORD_TOO_LONG', undefined]);
    await get(`${id}/spectrum?fmin=100&fmax=100`); // Both limits are lines.
    await get(`${id}/spectrum?fmax=3200`);
  });

  it.each([
    ...['spectrum?unit=mm_s', 'spectrum?quantity=velocity&unit=g', 'spectrum?fmin=9&fmax=8', 'spectrum?fmin=-1'],
    ...[
      'spectrum?fmax=1e3',
      'spectrum?window=hamming',
      'spectrum?axis=w',
      'envelope?band=500',
      'envelope?band=500-400',
    ],
    ...['envelope?band=500-500', 'envelope?unit=mm_s', 'envelope?quantity=velocity'],
  ])('refuses the request %s', async (request) => {
    expect((await errorOf(`2026-05-21-1/${request}`, 400))[0]).toBe('VALIDATION_ERROR');
  });

  it('is a 404 without a waveform, and a 409 if it was thinned', async () => {
    const [{ id: empty }, { id }] = [await aReading({}), await aReading({ x: tone(100, 2) })];
    expect(await errorOf(`${empty}/spectrum`, 404)).toEqual(['WAVEFORM_NOT_FOUND', undefined]);
    expect(await errorOf(`${id}/spectrum?axis=y`, 404)).toEqual(['WAVEFORM_NOT_FOUND', undefined]);
    expect(await errorOf('2026-05-21-999999999/spectrum', 404)).toEqual(['READING_NOT_FOUND', undefined]);
    const number = id.split('-').at(-1) ?? '';
    await queryDatabase(
      hub.database,
      `UPDATE vibration_readings SET waveform_state = 'thinned' WHERE number = ${number}`,
    );
    expect(await errorOf(`${id}/spectrum`, 409)).toEqual(['WAVEFORM_THINNED', undefined]);
  });
});

describe('GET /api/readings/:id/envelope', () => {
  it('shows the rate of the impacts that a simulated outer race makes', async () => {
    const signal = signalSchema.parse({ kind: 'bearing', fault_hz: 87.3, resonance_hz: 2000, decay_per_s: 400 });
    const samples = samplesOf(signal, { serial: 7, number: 1, axis: 'X', samples: 8192, rateHz: RATE });
    const { id } = await aReading({ x: Float64Array.from(samples) });
    const { axes, ...facts } = await get<Spectrum>(`${id}/envelope?band=1500-2500`);
    expect(facts).toMatchObject({
      ...{ unit: 'g', window: 'hann', band: { low_hz: 1500, high_hz: 2500 }, df_hz: RATE / 8192, from_hz: 0 },
      ...{ lines: 1281, valid_from_hz: 6.25, enbw_hz: expect.closeTo((1.5 * RATE) / 8192, 9) as number },
    });
    expect(Math.abs(peakOf(axes['x']) * facts.df_hz - 87.3)).toBeLessThanOrEqual(facts.df_hz);
  });
});

describe('the velocity of a reading', () => {
  interface Reading {
    readonly vibration: {
      readonly axes: Record<string, { velocity_rms: number | null; velocity_rms_reason: string | null }>;
    };
  }
  const velocityOf = async (id: string) => {
    const { velocity_rms, velocity_rms_reason } = (await get<Reading>(id)).vibration.axes['x'] ?? {};
    return [velocity_rms, velocity_rms_reason];
  };

  it('is in the reading and in the trend', async () => {
    const { id, sensor } = await aReading({ x: tone(100, 2) });
    const expected = expect.closeTo((9806.65 * Math.SQRT2) / (200 * Math.PI), 2) as number;
    expect(await velocityOf(id)).toEqual([expected, null]);
    const trend = await hub.http
      .get(
        `/api/sensors/${sensor}/trend?metric=x.velocity_rms&from=2026-05-01T00:00:00Z&to=2026-06-01T00:00:00Z&agg=max,count`,
      )
      .expect(200);
    expect((trend.body as { series: unknown }).series).toMatchObject([
      { unit: 'mm_s', points: [{ count: 1, max: expected }] },
    ]);
  });

  it('is null if it cannot be known, and the reading says why', async () => {
    const reasonOf = async (axes: NewReading['axes'], rate: number | null = RATE) =>
      velocityOf((await aReading(axes, rate)).id);
    expect(await reasonOf({ x: tone(100, 2, 4096) })).toEqual([null, 'record_too_short']);
    expect(await reasonOf({ x: tone(100, 2) }, null)).toEqual([null, 'sample_rate_unknown']);
    expect(await reasonOf({ x: tone(100, 2) }, 1600)).toEqual([null, 'sample_rate_too_low']);
    expect(await reasonOf({ x: tone(100, 2, 640), y: tone(100, 2) })).toEqual([null, 'not_computed']);
    serial += 1;
    const reported = { x: { peak: 1, peakToPeak: null, rms: null } };
    const [stored] = await storeReadings(hub.app, [
      aRecord(gateway.id, { kind: 'vibration', serial, recordId: serial, reported }),
    ]);
    expect(await velocityOf(stored?.id ?? '')).toEqual([null, 'no_waveform']);
  });
});
