import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeModes } from '../../simulator/answers';
import type { SimulatedGateway } from '../../simulator/simulated-gateway';
import type { AcquisitionDto, AcquisitionPageDto } from '../../src/acquisitions/acquisition.dto';
import type { CompletenessDto } from '../../src/readings/catch-up/completeness.dto';
import type { ReadingDto } from '../../src/readings/reading.dto';
import { FAST_ACQUISITIONS, ordered, sensorsOf, takesReceived } from '../support/acquisitions';
import { eventually } from '../support/eventually';
import { aDevice, closeDevices, Hub } from '../support/hub';
import { repetitions, runs } from './support/replay';
import { report } from './support/report';
import { size } from './support/size';

/** A sensor that does not answer, a lost session and a catch-up: the slowest acquisition takes a third of this. */
const SETTLED_MS = 60_000;
/** A measurement takes less than two seconds. */
const LATE_MS = 20_000;
const FINAL: readonly AcquisitionDto['state'][] = ['completed', 'failed', 'expired', 'cancelled'];
const COMMANDS = { vibration: 'TAKE_DYN_READING', temperature: 'TAKE_DYN_TEMP', battery: 'TAKE_DYN_BATT' } as const;

const LEDGER_KINDS = { vibration: 'reading', temperature: 'temp', battery: 'batt' } as const;

const { batches, gateways } = size.acquisitions;
jest.setTimeout(60_000 + batches * 2 * SETTLED_MS);

/** What happens around an order. */
const STEPS = ['order', 'cancel', 'drop', 'unplug', 'plug', 'disconnect', 'connect', 'block', 'away', 'back'] as const;

const race = fc.record({
  takeMode: fc.constantFrom('usual' as const, 'usual' as const, 'usual' as const, ...takeModes),
  takeMs: fc.constantFrom(0, 50, 400, 1500),
  kind: fc.constantFrom('vibration' as const, 'vibration' as const, 'temperature' as const, 'battery' as const),
  expires_in_s: fc.constantFrom(1, 30),
  /** Callers that order the same at once. */
  callers: fc.integer({ min: 1, max: 4 }),
  steps: fc.array(fc.record({ afterMs: fc.constantFrom(0, 5, 50, 300), what: fc.constantFrom(...STEPS) }), {
    maxLength: 8,
  }),
});
type Race = typeof race extends fc.Arbitrary<infer T> ? T : never;

const batch = fc.record({
  /** When the service is restarted, in milliseconds after the first order; null: not at all. */
  restartAfterMs: fc.option(fc.constantFrom(50, 300, 1000, 2500)),
  races: fc.array(race, { minLength: gateways, maxLength: gateways }),
});

interface Site {
  readonly device: SimulatedGateway;
  readonly gateway: { readonly id: string };
  readonly sensor: { readonly id: string; readonly serial: number };
}

describe('acquisitions, through random races', () => {
  const hub = new Hub();
  let sites: Site[];
  const figures = { orders: 0, commands: 0, completed: 0, failed: 0 };

  beforeAll(async () => {
    await hub.start({ CLOSE_TIMEOUT_MS: '3000', ...FAST_ACQUISITIONS });
    sites = await Promise.all(Array.from({ length: gateways }, (_, index) => aSite(index)));
  });
  afterAll(async () => {
    await hub.close();
    await closeDevices();
    report('Races of acquisitions', { batches, gateways, ...figures });
  });

  /**
   * A gateway that has been asked for its history. Every third one writes no times of day. Each reading has samples of its own, as
   * measured ones have: an equal one of the same day would be taken for the same reading.
   */
  async function aSite(index: number): Promise<Site> {
    const profile = index % 3 === 0 ? 'manual' : 'captured';
    const signals = { kind: 'watermark' } as const;
    const device = await aDevice({ profile, signals, samples: 16, sensors: 1, depth: { count: 1000 } });
    const gateway = await hub.connected(device);
    const [sensor] = await sensorsOf(hub, gateway, 1);
    if (!sensor) throw new Error('There is no sensor');
    await eventually(async () => {
      const response = await hub.http.get(`/api/gateways/${gateway.id}/completeness`).expect(200);
      const { kinds } = response.body as CompletenessDto;
      expect(kinds.map(({ statement }) => statement)).toEqual(['complete', 'complete', 'complete']);
    }, SETTLED_MS);
    return { device, gateway, sensor };
  }

  /** Everything that a race does may meet a service that is away. */
  async function attempt(what: () => Promise<unknown>): Promise<void> {
    await what().catch(() => undefined);
  }

  async function acquisitionsOf({ gateway }: Site): Promise<AcquisitionDto[]> {
    const { body } = (await hub.http.get(`/api/acquisitions?gateway_id=${gateway.id}&limit=100`).expect(200)) as {
      body: AcquisitionPageDto;
    };
    return body.data;
  }

  async function carryOut(site: Site, { what }: Race['steps'][number], { kind, expires_in_s }: Race): Promise<void> {
    const { device, gateway, sensor } = site;
    switch (what) {
      case 'order':
        return attempt(() => ordered(hub, sensor, { kind, expires_in_s }));
      case 'cancel':
        return attempt(async () => {
          for (const { id } of (await acquisitionsOf(site)).slice(0, 1))
            await hub.http.delete(`/api/acquisitions/${id}`);
        });
      case 'drop': {
        device.drop();
        return;
      }
      case 'unplug':
        return device.stopListening();
      case 'plug':
        return device.startListening();
      case 'disconnect':
      case 'connect':
        return attempt(() => hub.order(gateway, what));
      case 'block': {
        device.block(300);
        return;
      }
      case 'away':
      case 'back': {
        device.measurements.connectSensor(sensor.serial, what === 'back');
        return;
      }
    }
  }

  async function run(site: Site, plan: Race): Promise<void> {
    Object.assign(site.device.answers, { takeMode: plan.takeMode, takeMs: plan.takeMs });
    const { kind, expires_in_s } = plan;
    const orders = Array.from({ length: plan.callers }, () =>
      attempt(() => ordered(hub, site.sensor, { kind, expires_in_s })),
    );
    for (const step of plan.steps) {
      await sleep(step.afterMs);
      await carryOut(site, step, plan);
    }
    await Promise.all(orders);
  }

  /** Everything works again, and every acquisition ends. @returns those since `known` */
  async function settle(site: Site, known: ReadonlySet<string>): Promise<AcquisitionDto[]> {
    await site.device.startListening();
    site.device.measurements.connectSensor(site.sensor.serial, true);
    await hub.order(site.gateway, 'connect');
    return eventually(async () => {
      const all = await acquisitionsOf(site);
      expect(all.filter(({ state }) => !FINAL.includes(state))).toEqual([]);
      return all.filter(({ id }) => !known.has(id));
    }, SETTLED_MS);
  }

  function measured({ device }: Site, { kind }: Race): number {
    return device.measurements.ledger({ kind: LEDGER_KINDS[kind], limit: 1 }).generated;
  }

  /** @returns what is wrong, in words */
  async function judge(site: Site, made: readonly AcquisitionDto[], commands: readonly string[]): Promise<string[]> {
    const wrong: string[] = [];
    for (const [kind, command] of Object.entries(COMMANDS)) {
      const sent = made.filter((each) => each.kind === kind && each.sent_at !== null).length;
      const received = commands.filter((each) => each === command).length;
      if (received > sent) wrong.push(`${received} ${command} for ${sent} orders`);
    }
    const readings = made.flatMap(({ reading_id, late_reading_id }) =>
      [reading_id ?? [], late_reading_id ?? []].flat(),
    );
    if (new Set(readings).size < readings.length) wrong.push(`a reading for two orders: ${readings.join()}`);
    for (const { id, kind, reading_id, state } of made) {
      if ((state === 'completed') !== (reading_id !== null)) wrong.push(`${id} is ${state} with reading ${reading_id}`);
      if (reading_id === null) continue;
      const reading = (await hub.http.get(`/api/readings/${reading_id}`).expect(200)).body as ReadingDto;
      if (reading.sensor_id !== site.sensor.id || reading.kind !== kind) wrong.push(`${id} has the reading of another`);
    }
    return wrong;
  }

  async function raceOn(site: Site, plan: Race, known: ReadonlySet<string>, restarted: Promise<void>) {
    const before = takesReceived(site.device).length;
    const measuredBefore = measured(site, plan);
    await run(site, plan);
    await restarted;
    const made = await settle(site, known);
    const commands = takesReceived(site.device).slice(before);
    figures.orders += made.length;
    figures.commands += commands.length;
    figures.completed += made.filter(({ state }) => state === 'completed').length;
    figures.failed += made.filter(({ state }) => state === 'failed').length;
    const isUsual = plan.takeMode === 'usual' || plan.takeMode === 'no-start';
    if (isUsual) await everyReadingIsLinked(site, known, () => measured(site, plan) - measuredBefore);
    return judge(site, made, commands);
  }

  /** Of a gateway that carries out its commands; also readings that come late. */
  function everyReadingIsLinked(site: Site, known: ReadonlySet<string>, count: () => number): Promise<void> {
    return eventually(async () => {
      const made = (await acquisitionsOf(site)).filter(({ id }) => !known.has(id));
      const linked = made.filter(({ reading_id, late_reading_id }) => (reading_id ?? late_reading_id) !== null);
      expect({ linked: linked.length, made }).toEqual({ linked: count(), made });
    }, LATE_MS);
  }

  it('send one command for each order at most, and every order ends', async () => {
    const property = fc.asyncProperty(batch, async ({ restartAfterMs, races }) => {
      for (let time = 0; time < repetitions; time += 1) {
        const before = await Promise.all(sites.map((site) => acquisitionsOf(site)));
        const known = new Set(before.flat().map(({ id }) => id));
        const restarted = restartAfterMs === null ? Promise.resolve() : sleep(restartAfterMs).then(() => hub.restart());
        const results = await Promise.all(
          races.map((plan, index) => {
            const site = sites[index];
            if (!site) throw new Error('There are fewer gateways than races');
            return raceOn(site, plan, known, restarted);
          }),
        );
        expect(results.flatMap((wrong, index) => wrong.map((text) => `${index}: ${text}`))).toEqual([]);
      }
    });
    await fc.assert(property, runs(batches, 'acquisitions-races'));
  });
});
