import { advisoryLock } from '../../src/database/advisory-locks';
import { NotifiedReadings } from '../../src/readings/storage/notified-readings';
import { CounterpartsRepository } from '../../src/readings/storage/counterparts.repository';
import type { NewReading, ReadingKind } from '../../src/readings/reading';
import { aRecord, aWave, encodeAll, ReadingsStore } from './support/readings';
import { SideConnection } from './support/side-connection';
import { Store } from './support/store';

let store: Store;
let readings: NotifiedReadings;
let gatewayId: string;

beforeAll(async () => {
  store = await Store.create();
});

afterAll(() => store.drop());

/** Each test has a gateway of its own. */
beforeEach(async () => {
  const { id: factoryId } = await store.addFactory({ timezone: 'Europe/Madrid' });
  gatewayId = (await store.addGateway({ factoryId })).id;
  readings = begun();
});

/** As after a start of the service: it knows nothing of the gateway's numbers. */
function begun(): NotifiedReadings {
  return new NotifiedReadings(new ReadingsStore(store).readings, new CounterpartsRepository(store.dataSource));
}

const temperature = (recordId: number, value = 23, changes: Partial<NewReading> = {}): NewReading =>
  aRecord(gatewayId, { recordId, value, ...changes });
const vibration = (recordId: number, amplitude = 1, changes: Partial<NewReading> = {}): NewReading =>
  aRecord(gatewayId, { recordId, kind: 'vibration', value: null, axes: { x: aWave(amplitude) }, ...changes });

async function notify(...records: NewReading[]): Promise<string[]> {
  return (await readings.store(await encodeAll(records))).map(({ outcome }) => outcome);
}

async function fetch(...records: NewReading[]): Promise<string[]> {
  const batch = await encodeAll(records.map((record) => ({ ...record, origin: 'history' as const })));
  const kind = records[0]?.kind ?? 'temperature';
  return (await readings.storeHistory(gatewayId, kind, batch)).map(({ outcome }) => outcome);
}

/** The numbers of the stored readings, and under which they were notified. */
function numbers(kind: ReadingKind = 'temperature'): Promise<Record<string, unknown>[]> {
  return store.sql(
    `SELECT record_id::float8 AS id, (readings.extra ->> 'notified_id')::float8 AS notified
     FROM ${kind}_readings AS readings JOIN sensors ON sensors.number = readings.sensor_number
     WHERE sensors.gateway_id = $1 ORDER BY readings.number`,
    [gatewayId],
  );
}

async function known(): Promise<unknown> {
  const rows = await store.sql<{ known: string }>('SELECT known::text FROM record_ranges WHERE gateway_id = $1', [
    gatewayId,
  ]);
  return rows.map((row) => row.known);
}

describe('a gateway whose notifications have other numbers than its history', () => {
  it('has each reading stored once, under the number of the history', async () => {
    await notify(temperature(500_041), temperature(500_042, 24));
    expect(await fetch(temperature(41), temperature(42, 24), temperature(43, 25))).toEqual([
      'unchanged',
      'unchanged',
      'new',
    ]);
    expect(await numbers()).toEqual([
      { id: 41, notified: 500_041 },
      { id: 42, notified: 500_042 },
      { id: 43, notified: null },
    ]);
    expect(await known()).toEqual(['{[41,44)}']);
  });

  it('has a reading stored once whose notification is being stored when its record arrives', async () => {
    const [notification, record] = [await encodeAll([temperature(500_041)]), await encodeAll([temperature(41)])];
    const fetched = record.map((one) => ({ ...one, origin: 'history' as const }));
    const other = await SideConnection.open(store.database);
    try {
      await other.hold('SELECT pg_advisory_xact_lock($1, $2)', advisoryLock('readings')); // As another writer does.
      const both = [readings.store(notification), readings.storeHistory(gatewayId, 'temperature', fetched)];
      await other.untilWaiting(1);
      await other.commit();
      await Promise.all(both);
    } finally {
      await other.close();
    }
    expect(await numbers()).toEqual([{ id: 41, notified: 500_041 }]);
  });

  it('keeps two equal readings of one minute apart', async () => {
    await notify(temperature(500_041), temperature(500_042));
    await fetch(temperature(41), temperature(42), temperature(43));
    await fetch(temperature(41), temperature(42), temperature(43));
    expect((await numbers()).map(({ id }) => id)).toEqual([41, 42, 43]);
  });

  it('may notify a reading after it was fetched', async () => {
    await fetch(temperature(41));
    expect(await notify(temperature(500_041), temperature(500_042, 24))).toEqual(['new']);
    expect(await notify(temperature(500_041), temperature(500_042, 24))).toEqual([]);
    await fetch(temperature(41), temperature(42, 24));
    expect(await numbers()).toEqual([
      { id: 41, notified: 500_041 },
      { id: 42, notified: 500_042 },
    ]);
  });

  it('has its readings before a restart recognized', async () => {
    await notify(temperature(500_041));
    await fetch(temperature(41));
    readings = begun();
    await notify(temperature(500_042, 24), temperature(500_043, 25));
    await fetch(temperature(41), temperature(42, 24));
    expect((await numbers()).map(({ id }) => id)).toEqual([41, 42, expect.any(Number)]);
    expect(await known()).toEqual(['{[41,43)}']);
  });

  it('may begin its history anew on the same day', async () => {
    await notify(temperature(500_041), temperature(500_042, 24));
    await fetch(temperature(41), temperature(42, 24));
    await notify(temperature(500_001, 30));
    await fetch(temperature(41, 30));
    expect((await numbers()).map(({ id }) => id)).toEqual([41, 42, 41]);
  });

  it('is recognized by waveforms, however near the numbers are', async () => {
    await notify(vibration(42, 1), vibration(43, 2));
    await fetch(vibration(41, 1), vibration(42, 2));
    expect(await numbers('vibration')).toEqual([
      { id: 41, notified: 42 },
      { id: 42, notified: 43 },
    ]);
  });
});

describe('a gateway whose notifications have the numbers of its history', () => {
  it('has equal readings of one minute stored under their numbers', async () => {
    await notify(temperature(41), temperature(42));
    await fetch(temperature(41), temperature(42), temperature(43));
    await notify(temperature(44));
    await fetch(temperature(43), temperature(44), temperature(45));
    expect(await numbers()).toEqual([41, 42, 43, 44, 45].map((id) => ({ id, notified: null })));
  });

  it('has them, also if nothing shows yet how it numbers', async () => {
    await fetch(temperature(41));
    await notify(temperature(42));
    await fetch(temperature(43));
    expect(await numbers()).toEqual([41, 42, 43].map((id) => ({ id, notified: null })));
  });

  it('may notify a reading that is equal to one which was fetched before it was measured', async () => {
    const day = (receivedAt: string) => ({ timeText: '2026-05-21', receivedAt: new Date(receivedAt) });
    await fetch(vibration(53, 1, day('2026-05-21T12:07:00Z')));
    expect(await notify(vibration(61, 1, day('2026-05-21T12:07:30Z')))).toEqual(['new']);
    expect(await numbers('vibration')).toEqual([53, 61].map((id) => ({ id, notified: null })));
  });

  it('may have a sensor that measures nothing: its waveforms are equal', async () => {
    const day = { timeText: '2026-05-21' };
    await notify(vibration(42, 0, day));
    await fetch(vibration(41, 0, day));
    await notify(vibration(43, 0, day));
    expect(await numbers('vibration')).toEqual([42, 41, 43].map((id) => ({ id, notified: null })));
  });
});
