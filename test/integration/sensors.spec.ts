import { EVERYWHERE, SYSTEM } from '../../src/common/actor';
import { momentOf } from '../../src/common/clock';
import type { GatewayRow } from '../../src/gateways/gateway.entity';
import { AccessPoint } from '../../src/sensors/access-point.entity';
import { AccessPointsRepository } from '../../src/sensors/access-points.repository';
import { mergedNews, newsOfInventory, newsOfSensors } from '../../src/sensors/gateway-news';
import type { ReportedSensor } from '../../src/sensors/reported-sensor';
import { readInventory } from '../../src/sensors/reports';
import { Sensor } from '../../src/sensors/sensor.entity';
import { SensorsRepository } from '../../src/sensors/sensors.repository';
import type { SensorQuery } from '../../src/sensors/sensors.repository';
import { statementsOf } from './support/statements';
import { Store } from './support/store';

const FIRST = new Date('2026-03-01T10:00:00.000Z');
const LATER = new Date('2026-03-01T11:00:00.000Z');
const ALL = { limit: 100, offset: 0 };

let store: Store;
let sensors: SensorsRepository;
let accessPoints: AccessPointsRepository;
let gateway: GatewayRow;

beforeAll(async () => {
  store = await Store.create();
  sensors = new SensorsRepository(store.dataSource.getRepository(Sensor));
  accessPoints = new AccessPointsRepository(store.dataSource.getRepository(AccessPoint));
});

beforeEach(async () => {
  gateway = await store.addGateway();
});

afterEach(async () => {
  await store.sql('TRUNCATE organizations CASCADE');
});

afterAll(() => store.drop());

function reported(...fields: object[]): ReportedSensor[] {
  return readInventory(fields) ?? [];
}

const inventory = (of: { id: string }, at: Date, ...fields: object[]) =>
  newsOfInventory(of.id, reported(...fields), momentOf(at));
const notification = (of: { id: string }, at: Date, ...fields: object[]) =>
  newsOfSensors(of.id, reported(...fields), momentOf(at));

async function findAll(query: Partial<SensorQuery> = {}) {
  return (await sensors.findAll(EVERYWHERE, { ...ALL, sort: 'serial', ...query })).items;
}

/** The transaction that wrote each row: changes with every write. */
async function versions(): Promise<unknown[]> {
  return store.sql('SELECT serial, xmin::text, ctid::text FROM sensors ORDER BY serial');
}

describe('what gateways report', () => {
  it('creates sensors, with their nickname or serial as name, and the access points that they name', async () => {
    await sensors.storeNews([
      inventory(
        gateway,
        FIRST,
        {
          Serial: 7,
          Connected: 1,
          AccessPoint: 90,
          Samples: 4096,
          Fs: 25_600,
          Nickname: 'Pump',
          Machine: 'M',
          Early: null,
        },
        { Serial: 8 },
      ),
    ]);
    expect(await findAll()).toMatchObject([
      {
        ...{ serial: '7', name: 'Pump', listed: true, connected: true, connectionChangedAt: FIRST, samples: 4096 },
        ...{ accessPointSerial: '90', fsHz: 25_600, extra: { Machine: 'M' }, settings: {}, revision: 1 },
      },
      { serial: '8', name: '8', listed: true, connected: null, connectionChangedAt: null, extra: null },
    ]);
    expect((await accessPoints.findAll(EVERYWHERE, ALL)).items).toMatchObject([{ serial: '90', connected: null }]);
  });

  it('changes only the fields that are reported, and nothing that users have set', async () => {
    await sensors.storeNews([inventory(gateway, FIRST, { Serial: 7, Connected: 1, Samples: 4096, A: 1, B: 2 })]);
    const id = (await findAll())[0]?.id ?? '';
    await sensors.update(SYSTEM, id, { name: 'Mine' });
    await sensors.storeNews([notification(gateway, LATER, { Serial: 7, Connected: 0, Nickname: 'Theirs', B: null })]);
    const expected = { name: 'Mine', samples: 4096, extra: { A: 1 }, listed: true, revision: 2 };
    expect(await findAll()).toMatchObject([{ ...expected, connected: false, connectionChangedAt: LATER }]);
  });

  it('does not write rows that say the same already', async () => {
    const list = [{ Serial: 7, Connected: 1, Machine: 'M' }, { Serial: 8 }];
    await sensors.storeNews([inventory(gateway, FIRST, ...list)]);
    const before = await versions();
    await sensors.storeNews([inventory(gateway, LATER, ...list)]);
    expect(await versions()).toEqual(before);
    await sensors.storeNews([inventory(gateway, LATER, { Serial: 7, Connected: 0 }, { Serial: 8 })]);
    expect(await versions()).not.toEqual(before);
    expect((await versions())[1]).toEqual(before[1]);
  });

  it('keeps a sensor that an inventory lacks, unlisted, until it is listed again', async () => {
    const other = await store.addGateway({ factoryId: gateway.factoryId });
    await sensors.storeNews([
      inventory(gateway, FIRST, { Serial: 7 }, { Serial: 8 }),
      inventory(other, FIRST, { Serial: 7 }),
    ]);
    await sensors.storeNews([inventory(gateway, LATER, { Serial: 8 })]);
    expect((await findAll({ listed: false })).map(({ gatewayId, serial }) => [gatewayId, serial])).toEqual([
      [gateway.id, '7'],
    ]);
    await sensors.storeNews([inventory(gateway, LATER)]);
    expect(await findAll({ listed: false, gatewayId: gateway.id })).toHaveLength(2);
    await sensors.storeNews([inventory(gateway, LATER, { Serial: 7 })]);
    expect((await findAll({ listed: true, gatewayId: gateway.id })).map(({ serial }) => serial)).toEqual(['7']);
    expect(await findAll()).toHaveLength(3);
  });

  it('does not list a sensor that was only notified, nor unlist the others', async () => {
    await sensors.storeNews([inventory(gateway, FIRST, { Serial: 7 })]);
    await sensors.storeNews([notification(gateway, LATER, { Serial: 8, Connected: 1 })]);
    expect((await findAll()).map(({ serial, listed }) => [serial, listed])).toEqual([
      ['7', true],
      ['8', false],
    ]);
  });

  it('takes an inventory together with notifications before and after it', async () => {
    await sensors.storeNews([inventory(gateway, FIRST, { Serial: 6 }, { Serial: 7 })]);
    const news = [
      notification(gateway, FIRST, { Serial: 6, Connected: 1 }),
      inventory(gateway, LATER, { Serial: 7, Connected: 1 }),
      notification(gateway, LATER, { Serial: 7, Connected: 0 }, { Serial: 8 }),
    ];
    await sensors.storeNews([news.reduce(mergedNews)]);
    expect((await findAll()).map(({ serial, listed, connected }) => [serial, listed, connected])).toEqual([
      ['6', false, true],
      ['7', true, false],
      ['8', false, null],
    ]);
  });

  it('stores the news of many gateways with one statement', async () => {
    const gateways = await store.addGateways(gateway.factoryId, 20);
    const news = gateways.map((each) => inventory(each, FIRST, { Serial: 7 }, { Serial: 8, AccessPoint: 9 }));
    const statements = await statementsOf(() => sensors.storeNews(news));
    expect(statements).toHaveLength(1);
    expect(await findAll()).toHaveLength(40);
  });

  it('drops the news of gateways that are deleted or do not exist', async () => {
    await sensors.storeNews([inventory(gateway, FIRST, { Serial: 7, AccessPoint: 9 })]);
    const other = await store.addGateway({ factoryId: gateway.factoryId });
    await store.gateways.softDelete(SYSTEM, gateway.id);
    await sensors.storeNews([
      inventory(gateway, LATER, { Serial: 8, AccessPoint: 10 }),
      inventory({ id: '00000000-0000-4000-8000-000000000000' }, LATER, { Serial: 8 }),
      inventory(other, LATER, { Serial: 9 }),
    ]);
    expect(await store.sql('SELECT serial FROM sensors ORDER BY serial')).toEqual([{ serial: '7' }, { serial: '9' }]);
    expect((await findAll()).map(({ serial }) => serial)).toEqual(['9']); // Those of a deleted gateway are not visible.
    expect((await accessPoints.findAll(EVERYWHERE, ALL)).items).toEqual([]);
  });

  it('updates access points by notifications, and not by a sensor that only names them', async () => {
    const point = (connected: boolean | null, at: Date) => ({
      ...newsOfSensors(gateway.id, [], momentOf(at)),
      accessPoints: new Map([[9, connected]]),
    });
    await sensors.storeNews([point(true, FIRST)]);
    await sensors.storeNews([point(null, LATER)]);
    const stored = async () => (await accessPoints.findAll(EVERYWHERE, ALL)).items;
    expect(await stored()).toMatchObject([{ connected: true, connectionChangedAt: FIRST }]);
    await sensors.storeNews([point(false, LATER)]);
    expect(await stored()).toMatchObject([{ connected: false, connectionChangedAt: LATER }]);
  });

  it('a row that is inserted without a name is named after its serial', async () => {
    await store.sql('INSERT INTO sensors (gateway_id, serial) VALUES ($1, 17) RETURNING id', [gateway.id]);
    expect(await findAll()).toMatchObject([{ serial: '17', name: '17', listed: false }]);
  });
});

describe('sensors', () => {
  it('are visible within reach only', async () => {
    const foreign = await store.addGateway();
    await sensors.storeNews([inventory(gateway, FIRST, { Serial: 7 }), inventory(foreign, FIRST, { Serial: 8 })]);
    const reach = { organizationId: gateway.organizationId };
    const { items, total } = await sensors.findAll(reach, ALL);
    expect([items.map(({ serial }) => serial), total]).toEqual([['7'], 1]);
    const [theirs] = await findAll({ serial: '8' });
    expect(await sensors.findById(reach, theirs?.id ?? '')).toBeNull();
    expect(await sensors.update({ ...SYSTEM, ...reach }, theirs?.id ?? '', { name: 'x' })).toBeNull();
    expect(await sensors.findById(EVERYWHERE, theirs?.id ?? '')).toMatchObject({ name: '8' });
  });

  it('are ordered by serial as numbers, also from page to page', async () => {
    const serials = [100, 9, 20, 1000, 3];
    await sensors.storeNews([inventory(gateway, FIRST, ...serials.map((Serial) => ({ Serial })))]);
    for (const [sort, expected] of [
      ['serial', ['3', '9', '20', '100', '1000']],
      ['-serial', ['1000', '100', '20', '9', '3']],
      ['name', ['100', '1000', '20', '3', '9']],
      ['name_ci', ['3', '9', '20', '100', '1000']],
    ] as const) {
      expect((await findAll({ sort })).map(({ serial }) => serial)).toEqual(expected);
      const { next } = await sensors.findAll(EVERYWHERE, { limit: 2, offset: 0, sort });
      const rest = await sensors.findAll(EVERYWHERE, { ...ALL, sort, ...(next && { after: { ...next, total: 5 } }) });
      expect(rest.items.map(({ serial }) => serial)).toEqual(expected.slice(2));
    }
  });

  it('are selected by each filter', async () => {
    const other = await store.addGateway();
    await sensors.storeNews([
      inventory(gateway, FIRST, { Serial: 7, Connected: 1 }, { Serial: 8, Connected: 0 }, { Serial: 9 }),
      inventory(other, FIRST, { Serial: 7, Connected: 1, Nickname: 'Pump 50%' }),
    ]);
    const found = async (query: Partial<SensorQuery>) =>
      (await findAll(query))
        .map(({ gatewayId, serial }) => `${gatewayId === other.id ? 'other ' : ''}${serial}`)
        .sort();
    const connection = (is: 'connected' | 'disconnected' | 'unknown', ...connectedGateways: string[]) => ({
      connection: { is, connectedGateways },
    });
    expect(await found({ gatewayId: other.id })).toEqual(['other 7']);
    expect(await found({ factoryId: gateway.factoryId })).toEqual(['7', '8', '9']);
    expect(await found({ serial: '7' })).toEqual(['7', 'other 7']);
    expect(await found({ search: 'pump 50%' })).toEqual(['other 7']);
    expect(await found({ search: '8' })).toEqual(['8']);
    expect(await found(connection('connected', gateway.id))).toEqual(['7']);
    expect(await found(connection('disconnected', gateway.id))).toEqual(['8']);
    expect(await found(connection('unknown', gateway.id))).toEqual(['9', 'other 7']);
    expect(await found(connection('connected'))).toEqual([]);
    expect(await found(connection('unknown'))).toEqual(['7', '8', '9', 'other 7']);
  });

  it('are changed and audited in one statement', async () => {
    await sensors.storeNews([inventory(gateway, FIRST, { Serial: 7 })]);
    const id = (await findAll())[0]?.id ?? '';
    const settings = { sample_rate_hz: 25_600 };
    const statements = await statementsOf(() =>
      sensors.update(SYSTEM, id, { name: 'Pump', settings, expectedIntervalS: 3600 }, { ifMatch: [1] }),
    );
    expect(statements).toHaveLength(1);
    expect(await findAll()).toMatchObject([{ name: 'Pump', settings, expectedIntervalS: 3600, revision: 2 }]);
    const audited = await store.sql(
      'SELECT action, object_type, object_id, organization_id, changes FROM audit_log WHERE object_id = $1',
      [id],
    );
    expect(audited).toEqual([
      {
        ...{ action: 'sensor.update', object_type: 'sensor', object_id: id, organization_id: gateway.organizationId },
        changes: { name: ['7', 'Pump'], settings: [{}, settings], expected_interval_s: [null, 3600] },
      },
    ]);
    await sensors.update(SYSTEM, id, { name: 'Pump' });
    expect(await findAll()).toMatchObject([{ revision: 2 }]); // Nothing has changed.
    await expect(sensors.update(SYSTEM, id, { name: 'x' }, { ifMatch: [1] })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    expect(await sensors.update(SYSTEM, id, { serial: '8', name: 'x' })).toBeNull();
  });
});
