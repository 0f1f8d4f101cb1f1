import { Client as Sql } from 'pg';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import type {
  BackfillDto,
  CompletenessDto,
  FactoryCompletenessDto,
  GapListDto,
} from '../../src/readings/catch-up/completeness.dto';
import { eventually } from '../support/eventually';
import { aDevice, aHub } from '../support/hub';

/** Gateways are asked again all the time: what is complete must be called so in between. */
const hub = aHub({ CATCH_UP_INTERVAL_MS: '2000' });

/** Three seconds after a login, a gateway is asked for its three kinds of readings. */
const SETTLED_MS = 25_000;

const LEDGER_KINDS = { vibration: 'reading', temperature: 'temp', battery: 'batt' } as const;

type Kind = keyof typeof LEDGER_KINDS;

async function completenessOf({ id }: { id: string }, kind: Kind = 'vibration') {
  const { body } = (await hub.http.get(`/api/gateways/${id}/completeness`).expect(200)) as { body: CompletenessDto };
  const found = body.kinds.find((one) => one.kind === kind);
  if (!found) throw new Error(`There is no ${kind}`);
  return found;
}

async function storedIds({ id }: { id: string }, kind: Kind): Promise<number[]> {
  const sql = new Sql({ connectionString: hub.database.url });
  await sql.connect();
  try {
    const { rows } = await sql.query<{ id: number }>(
      `SELECT record_id::float8 AS id FROM ${kind}_readings WHERE sensor_number IN (SELECT number FROM sensors WHERE gateway_id = $1)`,
      [id],
    );
    return rows.map((row) => row.id);
  } finally {
    await sql.end();
  }
}

/** Waits for this statement. Each time that the service says `complete`, everything that was measured before must be stored. */
function says(
  gateway: { id: string },
  device: SimulatedGateway,
  kind: Kind,
  statement: string,
  since = new Date(0),
): Promise<string> {
  return eventually(async () => {
    const { statement: said, verified_through: through } = await completenessOf(gateway, kind);
    if (said === 'complete' && through !== null) {
      const stored = new Set(await storedIds(gateway, kind));
      const { records } = device.measurements.ledger({ kind: LEDGER_KINDS[kind], limit: 10_000 });
      const before = records.filter(({ at }) => at <= through).map(({ id }) => id);
      expect(before.filter((id) => id === null || !stored.has(id))).toEqual([]);
    }
    expect(said).toBe(statement);
    expect(new Date(through ?? 0).getTime()).toBeGreaterThanOrEqual(statement === 'complete' ? since.getTime() : 0);
    return through ?? '';
  }, SETTLED_MS);
}

async function unplugged(device: SimulatedGateway): Promise<void> {
  await device.stopListening();
  device.drop();
}

describe('a gateway that is unplugged while its history grows', () => {
  it.each(['vibration', 'temperature'] as const)('has every reading of %s fetched when it is back', async (kind) => {
    const device = await aDevice({ samples: 16, depth: { count: 100 } });
    const gateway = await hub.connected(device);
    const measure = (times: number) => {
      for (let time = 0; time < times; time += 1) device.notify(LEDGER_KINDS[kind]);
    };
    measure(5);
    await says(gateway, device, kind, 'complete');

    await unplugged(device);
    await says(gateway, device, kind, 'unknown');
    measure(15);
    const back = new Date();
    await device.startListening();
    await hub.order(gateway, 'connect');

    await says(gateway, device, kind, 'complete', back);
    const ids = await storedIds(gateway, kind);
    expect(new Set(ids).size).toBe(ids.length);
    const { body: gaps } = (await hub.http.get(`/api/gateways/${gateway.id}/gaps`).expect(200)) as { body: GapListDto };
    expect(gaps.items).toEqual([]);
  });

  it('is in the answer about its factory', async () => {
    const device = await aDevice({ samples: 16, depth: { count: 100 } });
    const gateway = await hub.connected(device);
    await says(gateway, device, 'battery', 'complete');
    const { body } = (await hub.http.get(`/api/factories/${hub.factory().id}/completeness`).expect(200)) as {
      body: FactoryCompletenessDto;
    };
    expect(body.gateways).toMatchObject([
      { gateway_id: gateway.id, kinds: [{ kind: 'vibration' }, { kind: 'temperature' }, { kind: 'battery' }] },
    ]);
  });
});

describe('a backfill', () => {
  const today = () => new Date().toISOString().slice(0, 10);

  it('waits for the gateway, fetches the days again, and says how many readings were missing', async () => {
    const device = await aDevice({ samples: 16, depth: { count: 100 } });
    const gateway = await hub.create(device, { desired_state: 'disconnected' });
    const order = await hub.http
      .post(`/api/gateways/${gateway.id}/backfills`)
      .send({ kinds: ['temperature'], from: '2020-01-01', to: today() })
      .expect(202);
    const { id, state } = order.body as BackfillDto;
    expect([state, order.headers['location']]).toEqual(['queued', `/api/backfills/${id}`]);

    await hub.order(gateway, 'connect');
    const done = await eventually(async () => {
      const { body } = (await hub.http.get(`/api/backfills/${id}`).expect(200)) as { body: BackfillDto };
      expect(body.state).toBe('completed');
      return body;
    }, SETTLED_MS);
    expect(done.records).toBeGreaterThan(0);
    expect(done.ended_at).not.toBeNull();
    await hub.http.delete(`/api/backfills/${id}`).expect(409);
  });

  it('can be cancelled while it waits', async () => {
    const gateway = await hub.create(await aDevice(), { desired_state: 'disconnected' });
    const { body } = (await hub.http
      .post(`/api/gateways/${gateway.id}/backfills`)
      .send({ from: today(), to: today() })
      .expect(202)) as { body: BackfillDto };
    await hub.http.delete(`/api/backfills/${body.id}`).expect(204);
    expect((await hub.http.get(`/api/backfills/${body.id}`).expect(200)).body).toMatchObject({
      state: 'cancelled',
      requests: 0,
    });
  });

  it('is refused if its days are in the wrong order', async () => {
    const gateway = await hub.create(await aDevice(), { desired_state: 'disconnected' });
    await hub.http
      .post(`/api/gateways/${gateway.id}/backfills`)
      .send({ from: '2026-03-02', to: '2026-03-01' })
      .expect(400);
  });
});
