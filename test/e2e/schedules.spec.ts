import type { AcquisitionDto, AcquisitionPageDto } from '../../src/acquisitions/acquisition.dto';
import type { AuditPageDto } from '../../src/audit/audit.dto';
import type { ReadingDto } from '../../src/readings/reading.dto';
import type { ScheduleDto } from '../../src/schedules/schedule.dto';
import type { SimulatedGatewayOptions } from '../../simulator/simulated-gateway';
import { sensorsOf, takesReceived } from '../support/acquisitions';
import { addSensors } from '../support/add-sensors';
import { createFactory } from '../support/builders';
import { queryDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { aDevice, closeDevices, Hub } from '../support/hub';

interface Identified {
  readonly id: string;
}

const INTERVAL_MS = 500;
/** An id of the year 2020: it begins with the time. */
const LONG_AGO = '016f5e66-e800-7000-8000-000000000000';

const hub = new Hub();
let plant: Awaited<ReturnType<typeof connectPlant>>;
/** A sensor that is ordered to measure again and again: what comes after it has had its turn. */
let clock: Plant;

beforeAll(async () => {
  await hub.start({
    ACQUISITION_MIN_INTERVAL_MS: '0',
    SCHEDULE_INTERVAL_MS: String(INTERVAL_MS),
    SCHEDULED_ORDERS_PER_MINUTE: '6000',
  });
});
afterAll(async () => {
  await hub.close();
  await closeDevices();
});

type Plant = Awaited<ReturnType<typeof connect>>;

/** A connected gateway. The latest readings in its history are an hour old. */
async function connect(factory: Identified, options: SimulatedGatewayOptions = {}) {
  const device = await aDevice({ samples: 16, sensors: 2, answers: { takeMs: 20 }, ...options });
  const gateway = await hub.connected(device, { factory_id: factory.id });
  return { device, gateway, sensors: await sensorsOf(hub, gateway, options.sensors ?? options.serials?.length ?? 2) };
}

async function connectPlant() {
  const [factory, others] = [await createFactory(hub.http), await createFactory(hub.http)];
  // Where it is the middle of the day, so that no day ends meanwhile.
  const offset = new Date().getUTCHours() - 12;
  const zone = `Etc/GMT${offset < 0 ? '' : '+'}${offset}`;
  const noon = await createFactory(hub.http, { timezone: zone });
  const [usual, mixed, measuring, slow, away, budget, stopped, watch] = await Promise.all([
    connect(factory),
    connect(factory),
    connect(factory, { schedule: { reading: 2000 } }),
    connect(factory),
    connect(others, { sensors: 4 }),
    connect(noon, { clock: { zone } }),
    connect(others),
    connect(others, { sensors: 1 }),
  ]);
  return { factory, usual, mixed, measuring, slow, away, budget, stopped, clock: watch };
}

async function create(target: ScheduleDto['target'], changes: object = {}): Promise<ScheduleDto> {
  const body = { target, kind: 'vibration', name: 'Often', max_age_s: 1800, daily_budget: 100, ...changes };
  return (await hub.http.post('/api/schedules').send(body).expect(201)).body as ScheduleDto;
}

const change = ({ id }: Identified, body: object) => hub.http.put(`/api/schedules/${id}`).send(body).expect(200);
const ofSensor = ({ id }: Identified) => ({ type: 'sensor' as const, id });
const ofGateway = ({ gateway: { id } }: Plant) => ({ type: 'gateway' as const, id });
const idOf = ({ sensors }: Plant, number: number): Identified => ({ id: sensors[number]?.id ?? '' });

/** The orders of a gateway, the oldest first. */
async function ordersOf({ gateway }: Plant): Promise<AcquisitionDto[]> {
  const response = await hub.http.get(`/api/acquisitions?gateway_id=${gateway.id}&limit=100`).expect(200);
  return [...(response.body as AcquisitionPageDto).data].reverse();
}

/** Waits until a gateway has completed this many orders, and returns them. */
function completed(of: Plant, count: number): Promise<AcquisitionDto[]> {
  return eventually(async () => {
    const orders = await ordersOf(of);
    expect(orders.map(({ state }) => state)).toEqual(Array.from({ length: count }, () => 'completed'));
    return orders;
  }, 20_000);
}

/** Makes what is known of the sensors of a gateway older by ten minutes, as if that time had passed. */
async function age({ gateway }: Plant): Promise<void> {
  const earlier = (column: string) => `${column} = ${column} - interval '10 minutes'`;
  await queryDatabase(
    hub.database,
    `UPDATE sensors SET ${earlier('latest_vibration_measured_at')} WHERE gateway_id = '${gateway.id}'`,
  );
  await queryDatabase(
    hub.database,
    `UPDATE acquisitions SET ${['created_at', 'sent_at', 'ended_at'].map(earlier).join()} WHERE gateway_id = '${gateway.id}'`,
  );
}

/** Waits until schedules have been looked at twice: all that is due at other gateways has been ordered then. */
async function lookedAtTwice(): Promise<void> {
  for (let look = 0; look < 2; look += 1) {
    const before = (await ordersOf(clock)).length;
    await age(clock);
    await completed(clock, before + 1);
  }
}

describe('a schedule', () => {
  let schedule: ScheduleDto;
  beforeAll(async () => {
    plant = await connectPlant();
    clock = plant.clock;
  }, 60_000);

  it('has the sensors of a factory measure whose readings are too old, and the readings arrive', async () => {
    const { factory, usual, mixed, slow } = plant;
    // More specific ones: one sensor is exempt, and a whole gateway has its own age.
    await create(ofSensor(idOf(mixed, 1)), { daily_budget: 0 });
    await create(ofGateway(slow), { max_age_s: 86_400 });
    schedule = await create({ type: 'factory', id: factory.id });
    expect(schedule.coverage).toMatchObject({ sensors: 8 });

    const orders = [...(await completed(usual, 2)), ...(await completed(mixed, 1))];
    const sensorIds = [...usual.sensors, idOf(mixed, 0)].map(({ id }) => id);
    expect(orders.map(({ sensor_id }) => sensor_id).sort()).toEqual(sensorIds.sort());
    const ofSchedule = await hub.http.get(`/api/acquisitions?schedule_id=${schedule.id}`).expect(200);
    const listed = (ofSchedule.body as AcquisitionPageDto).data.map(({ id }) => id);
    expect(listed.sort()).toEqual(orders.map(({ id }) => id).sort());
    for (const { schedule_id, kind, reading_id, attribution } of orders) {
      expect([schedule_id, kind, attribution]).toEqual([schedule.id, 'vibration', 'confirmed']);
      const response = await hub.http.get(`/api/readings/${reading_id}`).expect(200);
      expect(response.body as ReadingDto).toMatchObject({ kind, origin: 'acquisition' });
    }
  });

  it('orders nothing that is new enough: readings that sensors take by themselves count', async () => {
    const { usual, mixed, measuring, slow } = plant;
    await create(ofGateway(clock), { max_age_s: 300 });
    await completed(clock, 1);
    await lookedAtTwice();
    const takes = [usual, mixed, measuring, slow].map(({ device }) => takesReceived(device).length);
    expect(takes).toEqual([2, 1, 0, 0]);
    // The exempt sensor, and the two whose readings may be a day old.
    const response = await hub.http.get(`/api/schedules/${schedule.id}`).expect(200);
    expect((response.body as ScheduleDto).coverage).toEqual({ sensors: 8, overdue: 3 });
  });

  it('orders nothing of a gateway that is not connected, and then one measurement after the other', async () => {
    const { away } = plant;
    await hub.order(away.gateway, 'disconnect');
    await hub.reaches(away.gateway, { state: 'disconnected' });
    await create(ofGateway(away));
    await lookedAtTwice();
    expect(await ordersOf(away)).toEqual([]);

    await hub.order(away.gateway, 'connect');
    const orders = await completed(away, 4);
    expect(new Set(orders.map(({ sensor_id }) => sensor_id)).size).toBe(4);
    for (const [index, order] of orders.slice(1).entries()) {
      const [last, next] = [orders[index]?.ended_at ?? '', order.created_at].map((time) => Date.parse(time));
      expect(next).toBeGreaterThanOrEqual(last ?? Infinity);
      expect(Date.parse(order.created_at) - Date.parse(orders[index]?.created_at ?? '')).toBeGreaterThan(
        INTERVAL_MS / 2,
      );
    }
  });

  it('orders no more on a day than its budget', async () => {
    const { budget } = plant;
    await create(ofSensor(idOf(budget, 0)), { max_age_s: 300, daily_budget: 1 });
    await create(ofSensor(idOf(budget, 1)), { max_age_s: 300, daily_budget: 2 });
    await completed(budget, 2);
    await age(budget);
    await completed(budget, 3);
    await age(budget);
    await lookedAtTwice();
    const counts = (await ordersOf(budget)).map(({ sensor_id }) =>
      budget.sensors.findIndex(({ id }) => id === sensor_id),
    );
    expect(counts.sort()).toEqual([0, 1, 1]);
  });

  it('orders nothing while it is disabled, goes on when it is enabled, and ends when it is deleted', async () => {
    const { stopped } = plant;
    const { id } = await create(ofGateway(stopped), { max_age_s: 300 });
    await completed(stopped, 2);
    await change({ id }, { enabled: false });
    await age(stopped);
    await lookedAtTwice();
    expect(await ordersOf(stopped)).toHaveLength(2);

    await change({ id }, { enabled: true });
    await completed(stopped, 4);
    await hub.http.delete(`/api/schedules/${id}`).expect(204);
    await age(stopped);
    await lookedAtTwice();
    expect(await ordersOf(stopped)).toHaveLength(4);
  });

  it('goes on after a restart of the service, and orders nothing twice', async () => {
    const { usual, measuring, away } = plant;
    const [order] = await ordersOf(usual);
    await queryDatabase(hub.database, `UPDATE acquisitions SET id = '${LONG_AGO}' WHERE id = '${order?.id}'`);
    await hub.restart();
    await hub.reaches(clock.gateway, { state: 'connected' });
    // Its retention runs at the start.
    await eventually(() => hub.http.get(`/api/acquisitions/${LONG_AGO}`).expect(404));
    expect(await ordersOf(usual)).toHaveLength(1);
    await lookedAtTwice();
    expect([usual, measuring, away].map(({ device }) => takesReceived(device).length)).toEqual([2, 0, 4]);
  });

  it('is deleted with its target', async () => {
    const { stopped, mixed } = plant;
    const schedules = [await create(ofGateway(stopped)), await create(ofSensor(idOf(stopped, 0)))];
    const { gateway } = mixed;
    await hub.delete(stopped.gateway);
    for (const { id } of schedules) await hub.http.get(`/api/schedules/${id}`).expect(404);
    expect((await hub.http.get(`/api/schedules?gateway_id=${gateway.id}`)).body).toMatchObject({ data: [] });
  });
});

describe('/api/schedules', () => {
  const daily = { kind: 'battery', name: 'Daily', max_age_s: 86_400, daily_budget: 2 };
  const refusalOf = async (request: PromiseLike<{ status: number; body: unknown }>) => {
    const { status, body } = await request;
    const { error } = body as { error: { code: string; details?: { path: string }[] } };
    return [status, error.code, ...(error.details ?? []).map(({ path }) => path)];
  };
  let factory: { id: string; organization_id: string };
  let gateway: Identified;
  let sensorId: string;
  beforeAll(async () => {
    factory = await createFactory(hub.http);
    gateway = await hub.create(null, { factory_id: factory.id, desired_state: 'disconnected' });
    [sensorId = ''] = await addSensors(hub.database, [gateway.id]);
  });

  it('creates, lists, changes and deletes schedules, with tags, and records who did it', async () => {
    const targets = { factory: factory.id, gateway: gateway.id, sensor: sensorId };
    const created: ScheduleDto[] = [];
    for (const [type, id] of Object.entries(targets)) {
      const response = await hub.http
        .post('/api/schedules')
        .send({ ...daily, name: `Of the ${type}`, target: { type, id } })
        .expect(201);
      const body = response.body as ScheduleDto;
      created.push(body);
      expect([response.headers['location'], response.headers['etag']]).toEqual([
        `/api/schedules/${body.id}`,
        '"rev-1"',
      ]);
      expect(body).toMatchObject({
        ...{ ...daily, name: `Of the ${type}`, organization_id: factory.organization_id, target: { type, id } },
        ...{ windows: [], enabled: true, metadata: {}, coverage: { sensors: 0, overdue: 0 } },
      });
      const list = await hub.http.get(`/api/schedules?${type}_id=${id}`).expect(200);
      expect(list.body).toMatchObject({ data: [{ ...(body as object), coverage: null }], pagination: { total: 1 } });
    }
    const search = await hub.http.get('/api/schedules?search=of%20the&sort=-name').expect(200);
    expect((search.body as { data: Identified[] }).data.map(({ id }) => id)).toEqual(
      [...created].sort((a, b) => (a.name < b.name ? 1 : -1)).map(({ id }) => id),
    );

    const [{ id, target }] = created as [ScheduleDto];
    const windows = [
      { days: ['mon', 'sun'], from: '22:00', to: '06:00' },
      { from: '12:00', to: '24:00' },
    ];
    const changed = await hub.http
      .put(`/api/schedules/${id}`)
      .set('if-match', '"rev-1"')
      .send({ target, kind: 'battery', windows, max_age_s: 7200 })
      .expect(200);
    expect(changed.headers['etag']).toBe('"rev-2"');
    expect(changed.body).toMatchObject({ windows: [windows[0], { days: null, ...windows[1] }], max_age_s: 7200 });
    await hub.http.delete(`/api/schedules/${id}`).set('if-match', '"rev-1"').expect(412);
    await hub.http.delete(`/api/schedules/${id}`).expect(204);
    expect(await refusalOf(hub.http.delete(`/api/schedules/${id}`))).toEqual([404, 'SCHEDULE_NOT_FOUND']);
    const audit = await hub.http.get(`/api/audit?object_id=${id}`).expect(200);
    expect((audit.body as AuditPageDto).data).toMatchObject([
      { action: 'schedule.delete', object_type: 'schedule', organization_id: factory.organization_id },
      { action: 'schedule.update', changes: { max_age_s: [86_400, 7200] } },
      { action: 'schedule.create', changes: { name: [null, 'Of the factory'], factory_id: [null, factory.id] } },
    ]);
  });

  it('refuses what makes no sense, and names the field', async () => {
    const target = { type: 'gateway', id: gateway.id };
    const from = (times: object) => ({ windows: [{ from: '06:00', to: '22:00', ...times }] });
    const invalid: [object, string][] = [
      [{ max_age_s: 299 }, 'max_age_s'],
      [{ daily_budget: -1 }, 'daily_budget'],
      [{ kind: 'noise' }, 'kind'],
      [{ target: { type: 'line', id: gateway.id } }, 'target.type'],
      [from({ to: '06:00' }), 'windows.0.to'],
      [from({ from: '24:00' }), 'windows.0.from'],
      [from({ to: '6:00' }), 'windows.0.to'],
      [from({ days: [] }), 'windows.0.days'],
      [from({ days: ['mon', 'mon'] }), 'windows.0.days'],
    ];
    for (const [changes, path] of invalid) {
      const request = hub.http.post('/api/schedules').send({ ...daily, target, ...changes });
      expect(await refusalOf(request)).toEqual([400, 'VALIDATION_ERROR', path]);
    }
    for (const type of ['factory', 'gateway', 'sensor']) {
      const unknown = { type, id: factory.organization_id };
      expect(await refusalOf(hub.http.post('/api/schedules').send({ ...daily, target: unknown }))).toEqual([
        422,
        `${type.toUpperCase()}_NOT_FOUND`,
        'target.id',
      ]);
    }
    const { id } = await create({ type: 'gateway', id: gateway.id }, daily);
    for (const [changes, field] of [
      [{ target: { type: 'sensor', id: sensorId } }, 'target'],
      [{ kind: 'vibration' }, 'kind'],
      [{ organization_id: gateway.id }, 'organization_id'],
    ] as const) {
      const request = hub.http.put(`/api/schedules/${id}`).send({ name: 'Other', ...changes });
      expect(await refusalOf(request)).toEqual([422, 'READ_ONLY_FIELD', field]);
    }
  });
});
