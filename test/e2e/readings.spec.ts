import { randomUUID } from 'node:crypto';
import { SYSTEM } from '../../src/common/actor';
import type { NewReading } from '../../src/readings/reading';
import { ReadingsService } from '../../src/readings/readings.service';
import { Retention } from '../../src/readings/retention/retention';
import { ReadingsQueryRepository } from '../../src/readings/storage/readings-query.repository';
import { aRecord, aWave } from '../integration/support/readings';
import { createFactory, createGateway } from '../support/builders';
import { startTestApp } from '../support/create-app';
import type { TestApp } from '../support/create-app';
import { queryDatabase } from '../support/database';
import { EventStream } from '../support/event-stream';
import { eventually } from '../support/eventually';
import { storeReadings } from '../support/readings';

interface Reading {
  readonly id: string;
  readonly kind: string;
  readonly measured_at: string;
  readonly value: number | null;
}
interface Page {
  readonly data: Reading[];
  readonly pagination: { readonly next_cursor: string | null };
}
interface Feed {
  readonly data: Reading[];
  readonly next: string;
  readonly has_more: boolean;
}

const X = aWave(0.8);
const Y = aWave(0.2);

let hub: TestApp;
let gateway: { id: string };
let factory: { id: string };
let serial = 1000;

beforeAll(async () => {
  hub = await startTestApp();
  factory = await createFactory(hub.http, { timezone: 'America/Chicago' });
  gateway = await createGateway(hub.http, factory, null, { desired_state: 'disconnected' });
});
afterAll(() => hub.close());

const store = (...records: readonly NewReading[]) => storeReadings(hub.app, records);

/** A sensor of its own, which has only the given readings. */
async function aSensor(...changes: readonly Partial<NewReading>[]): Promise<{ sensor: string; ids: string[] }> {
  serial += 1;
  const stored = await store(
    ...changes.map((each, n) => aRecord(gateway.id, { serial, recordId: serial * 1000 + n, ...each })),
  );
  return { sensor: stored[0]?.sensorId ?? '', ids: stored.map(({ id }) => id) };
}

/** A vibration reading of a sensor with a sample rate. */
async function aVibration(changes: Partial<NewReading> = {}, rate: number | null = 6400): Promise<string> {
  const { sensor } = await aSensor({});
  await queryDatabase(hub.database, `UPDATE sensors SET fs_hz = ${rate ?? 'NULL'} WHERE id = '${sensor}'`);
  const [stored] = await store(
    aRecord(gateway.id, { kind: 'vibration', serial, recordId: serial * 1000 + 1, axes: { x: X, y: Y }, ...changes }),
  );
  return stored?.id ?? '';
}

const get = async <Body>(path: string, status = 200): Promise<Body> =>
  (await hub.http.get(path).expect(status)).body as Body;
const codeOf = async (path: string, status: number) =>
  (await get<{ error: { code: string } }>(path, status)).error.code;

describe('GET /api/sensors/:id/readings', () => {
  const at = (minute: number) => ({ timeText: `2026-05-21 14:${String(minute).padStart(2, '0')}` });

  it('lists readings of all kinds, the one that was measured last first, whenever it arrived', async () => {
    const { sensor } = await aSensor(
      { ...at(7), value: 1 },
      { ...at(9), value: 2, kind: 'battery' },
      { ...at(8), kind: 'vibration', axes: { x: X } },
      { ...at(1), value: 4, origin: 'history' },
    );
    const { data, pagination } = await get<Page>(`/api/sensors/${sensor}/readings`);
    expect(data.map(({ kind, value }) => [kind, value])).toEqual([
      ['battery', 2],
      ['vibration', null],
      ['temperature', 1],
      ['temperature', 4],
    ]);
    expect(data[0]?.measured_at).toBe('2026-05-21T19:09:00.000Z'); // Summer time in Chicago.
    expect(pagination).toEqual({ next_cursor: null, limit: 20 });
  });

  it('filters by kind, origin and time', async () => {
    const { sensor } = await aSensor(
      { ...at(1), value: 1 },
      { ...at(2), value: 2, origin: 'history' },
      { ...at(3), value: 3, kind: 'battery' },
    );
    const valuesFor = async (query: string) =>
      (await get<Page>(`/api/sensors/${sensor}/readings?${query}`)).data.map(({ value }) => value);
    expect(await valuesFor('kind=battery')).toEqual([3]);
    expect(await valuesFor('origin=history')).toEqual([2]);
    expect(await valuesFor('from=2026-05-21T19:02:00Z')).toEqual([3, 2]);
    expect(await valuesFor('from=2026-05-21T14:01:00-05:00&to=2026-05-21T19:03:00Z')).toEqual([2, 1]);
  });

  it('continues after a cursor without losing or repeating one, also among readings of one minute', async () => {
    const { sensor, ids } = await aSensor(...Array.from({ length: 25 }, (_, n) => ({ ...at(n % 3), value: n })));
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { data, pagination }: Page = await get<Page>(
        `/api/sensors/${sensor}/readings?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...data.map(({ id }) => id));
      cursor = pagination.next_cursor;
    }
    expect(seen).toHaveLength(25);
    expect([...seen].sort()).toEqual([...ids].sort());
  });

  it('refuses a cursor that it has not given', async () => {
    const { sensor } = await aSensor({});
    for (const cursor of ['x', '', Buffer.from('1').toString('base64url'), Buffer.from('1.2x').toString('base64url')])
      expect(await codeOf(`/api/sensors/${sensor}/readings?cursor=${cursor}`, 400)).toBe('VALIDATION_ERROR');
  });

  it('answers 404 for a sensor that does not exist, and for one of a deleted gateway', async () => {
    expect(await codeOf(`/api/sensors/${randomUUID()}/readings`, 404)).toBe('SENSOR_NOT_FOUND');
    const deleted = await createGateway(hub.http, factory, null, { desired_state: 'disconnected' });
    const [stored] = await store(aRecord(deleted.id));
    const paths = [`/api/sensors/${stored?.sensorId}/readings`, `/api/readings/${stored?.id}`];
    for (const path of paths) await get(path);
    await hub.http.delete(`/api/gateways/${deleted.id}`).expect(204);
    expect(await Promise.all(paths.map((path) => codeOf(path, 404)))).toEqual([
      'SENSOR_NOT_FOUND',
      'READING_NOT_FOUND',
    ]);
  });

  describe('as CSV', () => {
    const csvOf = (sensor: string, query = '') =>
      hub.http.get(`/api/sensors/${sensor}/readings${query}`).set('accept', 'text/csv').expect(200);

    it('has all readings that match, whatever the limit', async () => {
      const { sensor, ids } = await aSensor(...Array.from({ length: 2500 }, (_, n) => ({ ...at(n % 60), value: n })));
      const { text, headers } = await csvOf(sensor, '?limit=1&kind=temperature');
      expect([headers['content-type'], headers['vary']]).toEqual(['text/csv; charset=utf-8', 'accept']);
      const [header = '', ...rows] = text.trimEnd().split('\r\n');
      expect(header).toMatch(
        /^id,kind,measured_at,time_quality,received_at,origin,value,samples,.*x_rms.*z_velocity_rms$/,
      );
      expect(new Set(rows.map((row) => row.split(',').length))).toEqual(new Set([header.split(',').length]));
      expect(rows.map((row) => row.split(',')[0]).sort()).toEqual([...ids].sort());
    });

    it('has the statistics of a vibration reading', async () => {
      const { sensor, ids } = await aSensor({ kind: 'vibration', axes: { x: Float64Array.of(1, -1, 1, -1) } });
      const [header = '', row = ''] = (await csvOf(sensor)).text.split('\r\n');
      const cells = Object.fromEntries(header.split(',').map((name, n) => [name, row.split(',')[n]]));
      expect(cells).toMatchObject({
        id: ids[0],
        samples: '4',
        waveform_state: 'stored',
        x_mean: '0',
        x_rms: '1',
        y_rms: '',
      });
    });

    it('is a header alone for a sensor without readings, and a 404 without a sensor', async () => {
      const { sensor } = await aSensor({});
      expect((await csvOf(sensor, '?kind=battery')).text.split('\r\n')).toHaveLength(2);
      await hub.http.get(`/api/sensors/${randomUUID()}/readings`).set('accept', 'text/csv').expect(404);
    });

    it('is read page by page, each when the client has taken the one before', async () => {
      const count = 12_000;
      const { sensor } = await aSensor({});
      await queryDatabase(
        hub.database,
        `INSERT INTO temperature_readings (sensor_number, era, record_id, day, number, feed_position, measured_at, received_at,
           time_quality, origin, value)
         SELECT number, 1, 1e9 + n, '2026-05-21', nextval('reading_numbers'), 0, '2026-05-21 10:00Z', now(), 'minute', 'live', n
         FROM sensors, generate_series(1, ${count}) AS n WHERE id = '${sensor}'`,
      );
      expect((await csvOf(sensor)).text.split('\r\n')).toHaveLength(count + 3); // The reading that made the sensor, header, end.

      const pages = jest.spyOn(hub.app.get(ReadingsQueryRepository), 'findPage');
      const pieces = await hub.app.get(ReadingsService).exportCsv(SYSTEM, sensor, {});
      const taken = pieces[Symbol.asyncIterator]();
      for (let page = 1; page <= 5; page += 1) {
        await taken.next();
        expect(pages).toHaveBeenCalledTimes(page);
      }
      pages.mockRestore();
    });
  });
});

describe('GET /api/readings, the feed', () => {
  const end = async () => (await readOn('p0', '', 1000)).next;

  /** Reads from a position to the end. */
  async function readOn(after: string, query = '', limit = 3): Promise<Feed> {
    const data: Reading[] = [];
    for (let next = after; ;) {
      const feed: Feed = await get<Feed>(`/api/readings?after=${next}&limit=${limit}${query}`);
      data.push(...feed.data);
      next = feed.next;
      if (!feed.has_more) return { data, next, has_more: false };
    }
  }

  it('gives readings in the order of their arrival, and goes on where it ended', async () => {
    const start = await end();
    const first = await aSensor(
      { timeText: '2026-05-21 14:09' },
      { timeText: '2026-05-21 14:01' },
      { kind: 'battery' },
    );
    const one = await readOn(start);
    expect(one.data.map(({ id }) => id)).toEqual(first.ids);
    const second = await aSensor({ timeText: '2020-01-01 00:00', origin: 'history' });
    expect((await readOn(one.next)).data.map(({ id }) => id)).toEqual(second.ids);
  });

  it('gives a reading again when it is completed', async () => {
    const record = aRecord(gateway.id, {
      kind: 'vibration',
      serial: 1,
      recordId: 7,
      axes: {},
      reported: { x: statistics },
    });
    const [stored] = await store(record);
    const next = await end();
    await store({ ...record, origin: 'history', axes: { x: X } });
    expect((await readOn(next)).data.map(({ id }) => id)).toEqual([stored?.id]);
  });

  it('filters by kind, gateway and factory', async () => {
    const start = await end();
    const other = await createGateway(hub.http, factory, null, { desired_state: 'disconnected' });
    const [mine, theirs] = [await aSensor({}, { kind: 'battery' }), await store(aRecord(other.id))];
    const idsFor = async (query: string) => (await readOn(start, query)).data.map(({ id }) => id);
    expect(await idsFor('&kind=battery')).toEqual([mine.ids[1]]);
    expect(await idsFor(`&gateway_id=${other.id}`)).toEqual(theirs.map(({ id }) => id));
    expect(await idsFor(`&factory_id=${factory.id}`)).toEqual([...mine.ids, ...theirs.map(({ id }) => id)]);
    expect(await idsFor(`&factory_id=${randomUUID()}`)).toEqual([]);
  });

  it('moves on past readings that do not match, so that a client need not examine them again', async () => {
    const start = await end();
    await aSensor({}, {});
    const { data, next } = await readOn(start, `&gateway_id=${randomUUID()}`);
    expect([data, next]).toEqual([[], await end()]);
  });

  it('examines no more than 2,000 readings for a request, and says so', async () => {
    const { sensor } = await aSensor({});
    await queryDatabase(
      hub.database,
      `INSERT INTO battery_readings (sensor_number, era, record_id, day, number, feed_position, measured_at, received_at,
         time_quality, origin, value)
       SELECT number, 1, 1e9 + n, '2026-05-21', 1e9 + n, nextval('reading_numbers'), '2026-05-21 10:00Z', now(), 'minute', 'live', n
       FROM sensors, generate_series(1, 2500) AS n WHERE id = '${sensor}'`,
    );
    const path = `/api/readings?kind=battery&gateway_id=${randomUUID()}`;
    const first = await get<Feed>(path);
    expect(first).toMatchObject({ data: [], has_more: true });
    expect(await get<Feed>(`${path}&after=${first.next}`)).toEqual({ data: [], next: await end(), has_more: false });
  });

  const statistics = { peak: 1, peakToPeak: 2, rms: 0.5 };
});

describe('GET /api/readings/:id', () => {
  it('gives the statistics, the times and the origin of a reading', async () => {
    const reported = { x: { peak: 0.75, peakToPeak: 1.5, rms: 0.3 } };
    const extra = { Battery: 'low' };
    const id = await aVibration({
      axes: { x: Float64Array.of(1, -1, 1, -1) },
      reported,
      extra,
      timeText: '2026-05-21 14:07',
    });
    expect(await get(`/api/readings/${id}`)).toEqual({
      id,
      kind: 'vibration',
      sensor_id: expect.any(String) as string,
      serial,
      gateway_id: gateway.id,
      factory_id: factory.id,
      record_id: serial * 1000 + 1,
      era: 1,
      measured_at: '2026-05-21T19:07:00.000Z',
      time_text: '2026-05-21 14:07',
      time_quality: 'minute',
      received_at: '2026-05-21T12:07:30.000Z',
      origin: 'live',
      value: null,
      extra,
      vibration: {
        samples: 4,
        sample_rate_hz: 6400,
        rate_source: 'sensor',
        waveform_state: 'stored',
        pinned: false,
        axes: {
          x: {
            ...{ mean: 0, rms: 1, peak: 1, peak_to_peak: 2, crest: 1, kurtosis: 1, velocity_rms: null },
            velocity_rms_reason: 'record_too_short',
            reported: { peak: 0.75, peak_to_peak: 1.5, rms: 0.3 },
          },
        },
      },
    });
  });

  it('has no record id if the gateway gave none', async () => {
    const { ids } = await aSensor({ recordId: null });
    expect(await get(`/api/readings/${ids[0]}`)).toMatchObject({ record_id: null, vibration: null, value: 23 });
  });

  it('answers 304 to a client that has it, until it changes', async () => {
    const id = await aVibration({ axes: {} });
    const { headers } = await hub.http.get(`/api/readings/${id}`).expect(200);
    expect(headers['cache-control']).toBe('private, no-cache');
    const tag = headers['etag'] ?? '';
    for (const known of [tag, `"other", W/${tag}`, '*']) {
      const { text } = await hub.http.get(`/api/readings/${id}`).set('if-none-match', known).expect(304);
      expect(text).toBe('');
    }
    await store(aRecord(gateway.id, { kind: 'vibration', serial, recordId: serial * 1000 + 1, axes: { x: X } }));
    await hub.http.get(`/api/readings/${id}`).set('if-none-match', tag).expect(200);
  });

  it('answers 404 for an id that no reading has, and 400 for one that none can have', async () => {
    expect(await codeOf('/api/readings/2026-05-21-999999999', 404)).toBe('READING_NOT_FOUND');
    expect(await codeOf('/api/readings/1815-02-09-1', 404)).toBe('READING_NOT_FOUND');
    for (const id of ['x', '2026-13-01-1', '2026-05-21', '2026-05-21-x', '0000-01-01-1', '2026-02-30-1'])
      expect([id, await codeOf(`/api/readings/${id}`, 400)]).toEqual([id, 'VALIDATION_ERROR']);
  });
});

describe('GET /api/readings/:id/waveform', () => {
  it('gives the samples as they were received', async () => {
    const id = await aVibration();
    expect(await get(`/api/readings/${id}/waveform`)).toEqual({
      reading_id: id,
      unit: 'g',
      sample_rate_hz: 6400,
      t0: '2026-05-21T19:07:00.000Z',
      rounded: false,
      samples_per_bucket: null,
      axes: { x: [...X], y: [...Y] },
    });
  });

  it('gives some axes, in another unit, and thinned', async () => {
    const id = await aVibration();
    const axesOf = async (query: string) => {
      const waveform = await get<{ axes: Record<string, number[]>; samples_per_bucket: number | null }>(
        `/api/readings/${id}/waveform?${query}`,
      );
      return [waveform.samples_per_bucket, waveform.axes];
    };
    expect(await axesOf('axis=y')).toEqual([null, { y: [...Y] }]);
    expect(await axesOf('axis=y&unit=m_s2')).toEqual([null, { y: Array.from(Y, (value) => value * 9.80665) }]);
    expect(await axesOf('axis=y,x&points=2')).toEqual([256, { x: [-0.8, 0.8], y: [-0.2, 0.2] }].map(approximately));
  });

  it('says that samples were rounded if they were', async () => {
    const id = await aVibration({ axes: { x: Float64Array.of(Math.PI, 1) } });
    expect(await get(`/api/readings/${id}/waveform`)).toMatchObject({
      rounded: true,
      axes: { x: [Math.fround(Math.PI), 1] },
    });
  });

  it.each([
    ['csv', 'text/csv; charset=utf-8'],
    ['f32', 'application/octet-stream'],
    ['npy', 'application/octet-stream'],
    ['wav', 'audio/wav'],
  ])('gives a file of the format %s', async (format, type) => {
    const id = await aVibration();
    const response = await hub.http
      .get(`/api/readings/${id}/waveform?format=${format}`)
      .buffer(true)
      .parse((incoming, done) => {
        const pieces: Buffer[] = [];
        incoming.on('data', (piece: Buffer) => pieces.push(piece));
        incoming.on('end', () => done(null, Buffer.concat(pieces)));
      })
      .expect(200);
    const file = response.body as Buffer;
    expect(response.headers).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename="${id}.${format}"`,
      'x-axes': 'x,y',
      'x-values-per-axis': '256',
      'x-unit': 'g',
      'x-sample-rate-hz': '6400',
      'x-samples-per-bucket': '',
      'x-t0': '2026-05-21T19:07:00.000Z',
    });
    if (format === 'csv') expect(file.toString().split('\r\n')[2]).toBe(`1,${1 / 6400},${X[1]},${Y[1]}`);
    else expect(file.subarray(-4).readFloatLE()).toBe(Math.fround(Y[255] ?? NaN));
    expect(file.length).toBeGreaterThanOrEqual(2 * 256 * 4);
  });

  it('may be kept by the client for ever, unless an axis may still come', async () => {
    const id = await aVibration();
    const controlOf = async (query: string) => {
      const { headers } = await hub.http.get(`/api/readings/${id}/waveform?${query}`).expect(200);
      await hub.http
        .get(`/api/readings/${id}/waveform?${query}`)
        .set('if-none-match', headers['etag'] ?? '')
        .expect(304);
      return headers['cache-control'];
    };
    expect(await controlOf('axis=x,y')).toBe('private, max-age=31536000, immutable');
    expect(await controlOf('axis=x,z')).toBe('private, no-cache');
  });

  it('is a 404 without a waveform, and a 409 if it was thinned or a WAV file lacks its rate', async () => {
    const { ids } = await aSensor({});
    const [empty, whole, unrated] = [await aVibration({ axes: {} }), await aVibration(), await aVibration({}, null)];
    expect(await codeOf(`/api/readings/${ids[0]}/waveform`, 404)).toBe('WAVEFORM_NOT_FOUND');
    expect(await codeOf(`/api/readings/${empty}/waveform`, 404)).toBe('WAVEFORM_NOT_FOUND');
    expect(await codeOf(`/api/readings/${whole}/waveform?axis=z`, 404)).toBe('WAVEFORM_NOT_FOUND');
    expect(await codeOf(`/api/readings/2026-05-21-999999999/waveform`, 404)).toBe('READING_NOT_FOUND');
    expect(await codeOf(`/api/readings/${unrated}/waveform?format=wav`, 409)).toBe('SAMPLE_RATE_UNKNOWN');
    await get(`/api/readings/${unrated}/waveform?format=npy`);
    const number = whole.split('-').at(-1) ?? '';
    await queryDatabase(
      hub.database,
      `UPDATE vibration_readings SET waveform_state = 'thinned' WHERE number = ${number}`,
    );
    expect(await codeOf(`/api/readings/${whole}/waveform`, 409)).toBe('WAVEFORM_THINNED');
  });
});

describe('PUT /api/readings/:id/pin', () => {
  const pin = (id: string, body: object) => hub.http.put(`/api/readings/${id}/pin`).send(body);
  const DAY = '2026-01-15'; // Older than the full days, so that the next clean-up thins it.

  it('keeps the waveform beyond the full days, and says so in the reading and in the log of acts', async () => {
    const ids = [];
    for (const time of ['12:00', '03:00', '04:00']) ids.push(await aVibration({ timeText: `${DAY} ${time}` }));
    // Of one sensor, else each would be the one nearest to noon.
    const [first = '', pinned = '', thinned = ''] = ids;
    await queryDatabase(
      hub.database,
      `UPDATE vibration_readings SET sensor_number = (SELECT sensor_number FROM vibration_readings WHERE number = ${first.slice(11)})
       WHERE number IN (${ids.map((id) => id.slice(11)).join()})`,
    );
    const before = (await hub.http.get(`/api/readings/${pinned}`).expect(200)).headers['etag'] ?? '';

    const { body } = (await pin(pinned, { pinned: true }).expect(200)) as { body: { sensor_id: string } };
    expect(body).toMatchObject({ id: pinned, vibration: { pinned: true, waveform_state: 'stored' } });
    await hub.http.get(`/api/readings/${pinned}`).set('if-none-match', before).expect(200);
    await hub.app.get(Retention).run();

    await get(`/api/readings/${pinned}/waveform`);
    await get(`/api/readings/${first}/waveform`);
    expect(await codeOf(`/api/readings/${thinned}/waveform`, 409)).toBe('WAVEFORM_THINNED');
    expect(await get(`/api/readings/${thinned}`)).toMatchObject({ vibration: { waveform_state: 'thinned' } });
    await pin(thinned, { pinned: true }).expect(409, /WAVEFORM_THINNED/);
    await pin(thinned, { pinned: false }).expect(200);
    const { data } = await get<{ data: { action: string; changes: object }[] }>(
      `/api/audit?object_id=${body.sensor_id}`,
    );
    expect(data).toMatchObject([
      { action: 'reading.pin', changes: { reading_id: [null, pinned], pinned: [false, true] } },
    ]);
    expect(await get('/api/health')).toMatchObject({
      readings: {
        retention: { full_days: 90, over_budget: false, thinned_through: expect.stringMatching(/^20/) as string },
      },
    });
  });

  it('is a 404 without a waveform or a reading, and a 400 for anything but true and false', async () => {
    const { ids } = await aSensor({});
    await pin(ids[0] ?? '', { pinned: true }).expect(404, /WAVEFORM_NOT_FOUND/);
    await pin(await aVibration({ axes: {} }), { pinned: true }).expect(404, /WAVEFORM_NOT_FOUND/);
    await pin('2026-05-21-999999999', { pinned: true }).expect(404, /READING_NOT_FOUND/);
    await pin(await aVibration(), { pinned: 'yes' }).expect(400, /VALIDATION_ERROR/);
    await pin(await aVibration(), {}).expect(400, /VALIDATION_ERROR/);
  });
});

describe('GET /api/sensors/:id/trend', () => {
  interface Trend {
    readonly bucket: string;
    readonly time_zone: string;
    readonly series: { metric: string; unit: string | null; points: Record<string, unknown>[] }[];
  }
  const MAY = 'from=2026-05-01T00:00:00Z&to=2026-06-01T00:00:00Z';

  it('computes the values of each step; steps without readings are absent', async () => {
    const { sensor } = await aSensor(
      { timeText: '2026-05-21 14:01', value: 20 },
      { timeText: '2026-05-21 14:59', value: 26 },
      { timeText: '2026-05-21 14:30', value: 23 },
      { timeText: '2026-05-21 17:00', value: 5 },
    );
    const trend = await get<Trend>(
      `/api/sensors/${sensor}/trend?metric=temperature&bucket=1h&agg=min,avg,max,last,count&${MAY}`,
    );
    expect(trend).toMatchObject({ bucket: '1h', time_zone: 'America/Chicago' });
    expect(trend.series).toEqual([
      {
        metric: 'temperature',
        unit: null,
        points: [
          { at: '2026-05-21T19:00:00.000Z', min: 20, avg: 23, max: 26, last: 26, count: 3 },
          { at: '2026-05-21T22:00:00.000Z', min: 5, avg: 5, max: 5, last: 5, count: 1 },
        ],
      },
    ]);
  });

  it('shows several metrics of several kinds, in the order of the query', async () => {
    const { sensor } = await aSensor(
      { timeText: '2026-05-21 14:01', value: 20 },
      { timeText: '2026-05-21 14:01', kind: 'vibration', axes: { x: Float64Array.of(2, -2) } },
    );
    const { series } = await get<Trend>(
      `/api/sensors/${sensor}/trend?metric=x.rms,temperature,y.rms,battery,x.crest&agg=max&bucket=1d&${MAY}`,
    );
    const at = '2026-05-21T05:00:00.000Z';
    expect(series).toEqual([
      { metric: 'x.rms', unit: 'g', points: [{ at, max: 2 }] },
      { metric: 'temperature', unit: null, points: [{ at, max: 20 }] },
      { metric: 'y.rms', unit: 'g', points: [] },
      { metric: 'battery', unit: null, points: [] },
      { metric: 'x.crest', unit: 'ratio', points: [{ at, max: 1 }] },
    ]);
  });

  it.each([
    ['1d', ['2026-03-07T06:00:00.000Z', '2026-03-08T06:00:00.000Z', '2026-03-09T05:00:00.000Z']],
    ['1w', ['2026-03-02T06:00:00.000Z', '2026-03-09T05:00:00.000Z']],
    ['1mo', ['2026-03-01T06:00:00.000Z']],
  ])('a step of %s begins at midnight in the factory, also when summer time begins', async (bucket, expected) => {
    const days = ['07', '08', '09'].flatMap((day) =>
      ['00:10', '23:50'].map((time) => ({ timeText: `2026-03-${day} ${time}` })),
    );
    const { sensor } = await aSensor(...days);
    const { series } = await get<Trend>(
      `/api/sensors/${sensor}/trend?metric=temperature&bucket=${bucket}&from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z`,
    );
    expect(series[0]?.points.map(({ at }) => at)).toEqual(expected);
  });

  it('chooses the length of a step, and refuses too many', async () => {
    const { sensor } = await aSensor({});
    const bucketFor = async (from: string, to: string) =>
      (await get<Trend>(`/api/sensors/${sensor}/trend?metric=battery&from=${from}T00:00:00Z&to=${to}T00:00:00Z`))
        .bucket;
    expect(await bucketFor('2026-05-01', '2026-05-03')).toBe('10m');
    expect(await bucketFor('2026-05-01', '2026-05-20')).toBe('1h');
    expect(await bucketFor('2026-01-01', '2026-05-01')).toBe('6h');
    expect(await bucketFor('2025-06-01', '2026-06-01')).toBe('1d');
    expect(await bucketFor('2020-01-01', '2026-01-01')).toBe('1w');
    expect(await bucketFor('0001-01-01', '9999-12-31').catch(() => null)).toBeNull();
    expect(await codeOf(`/api/sensors/${sensor}/trend?metric=battery&bucket=10m&from=2025-01-01T00:00:00Z`, 422)).toBe(
      'TOO_MANY_BUCKETS',
    );
    expect((await get<Trend>(`/api/sensors/${sensor}/trend?metric=battery`)).bucket).toBe('6h'); // 30 days.
  });

  it('refuses metrics that do not exist, and a sensor that does not', async () => {
    const { sensor } = await aSensor({});
    for (const query of ['', 'metric=', 'metric=x', 'metric=x_rms', 'metric=x.rms;y.rms', 'metric=battery&agg=sum'])
      expect([query, await codeOf(`/api/sensors/${sensor}/trend?${query}`, 400)]).toEqual([query, 'VALIDATION_ERROR']);
    expect(await codeOf(`/api/sensors/${randomUUID()}/trend?metric=battery`, 404)).toBe('SENSOR_NOT_FOUND');
  });
});

describe('GET /api/readings/stream', () => {
  const open = (query = '', lastEventId?: string) =>
    EventStream.open(hub, query, lastEventId, undefined, '/api/readings/stream');
  const readingsOf = ({ events }: EventStream) => events.map(({ data }) => JSON.parse(data ?? '') as Reading);

  it('sends each reading that is stored, as GET /api/readings/:id gives it', async () => {
    const stream = await open();
    const id = await aVibration({
      axes: { x: X, y: aWave(0.123_456) },
      reported: { z: { peak: 0.1, peakToPeak: null, rms: 1 / 3 } },
    });
    await eventually(() => expect(readingsOf(stream)).toHaveLength(2)); // The first made the sensor.
    expect(stream.events.map(({ event }) => event)).toEqual(['reading', 'reading']);
    expect(readingsOf(stream)[1]).toEqual(await get(`/api/readings/${id}`));
    stream.close();
  });

  it('filters, and sends a repeated record only if it completes the reading', async () => {
    await aSensor({});
    const record = aRecord(gateway.id, { serial, kind: 'vibration', recordId: 5, axes: {} });
    const streams = await Promise.all([
      open(`?gateway_id=${gateway.id}`),
      open('?kind=vibration'),
      open(`?sensor_id=${randomUUID()}`),
    ]);
    await store(record);
    await store(record);
    await store({ ...record, axes: { x: X } });
    const { ids } = await aSensor({});
    const [all, vibrations, none] = streams;
    await eventually(() => expect(readingsOf(all).at(-1)?.id).toBe(ids[0]));
    expect(readingsOf(all)).toHaveLength(3);
    await eventually(() => expect(readingsOf(vibrations)).toHaveLength(2));
    expect(readingsOf(none)).toEqual([]);
    for (const stream of streams) stream.close();
  });

  it('resumes after an event, and is apart from the stream of state changes', async () => {
    const [stream, changes] = [await open(), await EventStream.open(hub)];
    const { lastId } = stream;
    stream.close();
    const { ids } = await aSensor({}, {});
    const resumed = await open('', lastId);
    await eventually(() => expect(readingsOf(resumed).map(({ id }) => id)).toEqual(ids));
    expect(resumed.blocks.find(({ event }) => event === 'start')?.['data']).toBe('{"resumed":true}');
    expect(changes.events).toEqual([]);
    const lost = await open('', changes.lastId);
    expect(lost.blocks.some(({ event }) => event === 'reset')).toBe(true);
    for (const each of [resumed, changes, lost]) each.close();
  });
});

function approximately(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, each: unknown) =>
    typeof each === 'number' ? (expect.closeTo(each, 1) as unknown) : each,
  );
}
