import { aRecord } from '../integration/support/readings';
import { createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { queryDatabase } from '../support/database';
import { storeReadings } from '../support/readings';

const NAME = `Pump <3> & "drive" end`;
const TONE = Float64Array.from({ length: 6400 }, (_, n) => Number((2 * Math.sin(n / 5)).toFixed(4)));

let hub: TestApp;
let id: string;
let empty: string;
let sensor: string;

beforeAll(async () => {
  hub = await startTestApp();
  const gateway = await createGateway(hub.http, await createFactory(hub.http), null, { desired_state: 'disconnected' });
  const vibration = aRecord(gateway.id, {
    kind: 'vibration',
    axes: { x: TONE, z: TONE },
    timeText: '2026-05-21 14:07',
  });
  const stored = await storeReadings(hub.app, [vibration, aRecord(gateway.id)]);
  ({ id: empty = '' } = stored[1] ?? {});
  ({ id = '', sensorId: sensor = '' } = stored[0] ?? {});
  await hub.http.put(`/api/sensors/${sensor}`).send({ name: NAME }).expect(200);
});
afterAll(() => hub.close());

interface Drawing {
  readonly texts: string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** The texts of a drawing, as a reader of XML sees them. */
async function draw(path: string): Promise<Drawing> {
  const response = await hub.http
    .get(`/api/readings/${path}`)
    .buffer(true)
    .parse((incoming, done) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('end', () => done(null, Buffer.concat(pieces).toString()));
    })
    .expect(200);
  const texts = Array.from((response.body as string).matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, text = '']) =>
    text.replace(/&(lt|gt|amp|quot);/g, (_, code: string) => ({ lt: '<', gt: '>', amp: '&', quot: '"' })[code] ?? ''),
  );
  return { texts, headers: response.headers };
}

const codeOf = async (path: string, status: number) => {
  const response = await hub.http.get(`/api/readings/${path}`).expect(status);
  return (response.body as { error: { code: string } }).error.code;
};
const setRate = (rate: string) =>
  queryDatabase(hub.database, `UPDATE sensors SET fs_hz = ${rate} WHERE id = '${sensor}'`);

describe('GET /api/readings/:id/waveform.svg', () => {
  it('draws each axis, with the name of the sensor, the time and the unit', async () => {
    const { texts, headers } = await draw(`${id}/waveform.svg?unit=m_s2`);
    expect(texts).toEqual(expect.arrayContaining([NAME, 'x in m/s²', 'z in m/s²', 'sample']));
    expect(texts[1]).toBe(`2026-05-21 14:07:00 UTC · ${id} · 6400 samples · sample rate unknown`);
    expect(headers).toMatchObject({
      'content-type': 'image/svg+xml; charset=utf-8',
      'content-disposition': 'inline',
      'cache-control': 'private, no-cache',
    });
    expect((await draw(`${id}/waveform.svg?axis=z`)).texts).not.toContain('x in g');
  });

  it('is drawn anew when the sensor has another name', async () => {
    const { headers } = await draw(`${id}/waveform.svg`);
    const again = () => hub.http.get(`/api/readings/${id}/waveform.svg`).set('if-none-match', headers['etag'] ?? '');
    await again().expect(304);
    await hub.http.put(`/api/sensors/${sensor}`).send({ name: 'Fan' }).expect(200);
    await again().expect(200);
    await hub.http.put(`/api/sensors/${sensor}`).send({ name: NAME }).expect(200);
  });

  it('needs a waveform', async () => {
    expect(await codeOf(`${empty}/waveform.svg`, 404)).toBe('WAVEFORM_NOT_FOUND');
    expect(await codeOf(`${id}/waveform.svg?points=10`, 400)).toBe('VALIDATION_ERROR');
  });
});

describe('GET /api/readings/:id/spectrum.svg', () => {
  it('draws each axis, and labels the highest line', async () => {
    await setRate('6400');
    const hz = 6400 / (10 * Math.PI);
    const { texts } = await draw(`${id}/spectrum.svg`);
    const amplitudes = texts.flatMap((text) => /^20[34] Hz: ([\d.]+) g$/.exec(text)?.[1] ?? []);
    expect(amplitudes).toHaveLength(2);
    for (const amplitude of amplitudes) expect(Number(amplitude)).toBeCloseTo(2, 1);
    const velocity = (await draw(`${id}/spectrum.svg?quantity=velocity&unit=in_s&axis=x`)).texts;
    expect(velocity).toEqual(expect.arrayContaining([NAME, 'x in in/s', 'frequency in Hz']));
    const label = velocity.find((text) => text.includes(' Hz: ')) ?? '';
    expect(Number(/: ([\d.]+) in/.exec(label)?.[1]) / ((2 * 9806.65) / (2 * Math.PI * hz) / 25.4)).toBeCloseTo(1, 1);
  });

  it('begins with the first valid line of a velocity, or with fmin', async () => {
    await setRate('6400');
    const linesOf = async (query: string) =>
      /([\d]+) lines/.exec((await draw(`${id}/spectrum.svg?${query}`)).texts[1] ?? '')?.[1];
    expect(await linesOf('quantity=velocity&fmax=100')).toBe('93');
    expect(await linesOf('quantity=velocity&fmax=100&fmin=1')).toBe('100');
    expect(await linesOf('fmax=100')).toBe('101');
  });

  it('needs a sample rate, and a unit of the quantity', async () => {
    await setRate('NULL');
    expect(await codeOf(`${id}/spectrum.svg`, 409)).toBe('SAMPLE_RATE_UNKNOWN');
    expect(await codeOf(`${id}/spectrum.svg?unit=um`, 400)).toBe('VALIDATION_ERROR');
  });
});
