import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordKinds } from '../../../simulator/model/records';
import type { RecordKind } from '../../../simulator/model/records';
import type { CompletenessDto, GapListDto } from '../../../src/readings/catch-up/completeness.dto';
import { bodyOf } from '../../support/api-client';
import { LOGIN } from '../../support/builders';
import { eventually } from '../../support/eventually';
import { processesAbout } from '../../support/program';
import { ServiceProcess } from '../../support/service-process';
import { holdDown, killPostgres, postmasterPid } from '../support/postgres-outage';
import { compare, KINDS } from './comparison';
import { Device } from './device';
import type { DeviceTraits, Measured } from './device';
import { StoredCopy } from './stored-copy';

/** For a machine whose cores are shared: nothing is asserted by it. */
const PATIENCE_MS = 120_000;
const POLL_MS = 100;

/** Short, so that faults are noticed, and the history is asked for, within seconds. */
const SETTINGS = {
  HEARTBEAT_INTERVAL_MS: '400',
  HEARTBEAT_TIMEOUT_MS: '800',
  LOGIN_TIMEOUT_MS: '1500',
  RECONNECT_MIN_MS: '50',
  RECONNECT_MAX_MS: '300',
  AUTH_RETRY_MS: '200',
  CATCH_UP_INTERVAL_MS: '2000',
  BACKFILL_DAYS: '60', // A clock may be a month slow.
};

type GapItem = GapListDto['items'][number];

/** What was counted over all histories. */
export interface Figures {
  histories: number;
  measured: number;
  stored: number;
  /** Missing, and reported so. */
  inGaps: number;
  completePolls: number;
  kills: number;
}

/** The service with a PostgreSQL of its own, and simulated gateways. Both can be killed. */
export class ReadingsPlant {
  devices: readonly Device[] = [];
  /** What was said wrongly in this history, in words. */
  readonly problems: string[] = [];
  readonly figures: Figures = { histories: 0, measured: 0, stored: 0, inGaps: 0, completePolls: 0, kills: 0 };
  private copy = new StoredCopy();
  private factoryId = '';
  private endOutage: (() => Promise<void>) | null = null;

  private constructor(
    private readonly dataDir: string,
    private service: ServiceProcess,
  ) {}

  static async start(): Promise<ReadingsPlant> {
    const dataDir = await mkdtemp(join(tmpdir(), 'gateway-hub-readings-'));
    const plant = new ReadingsPlant(dataDir, await launch(dataDir));
    plant.factoryId = await plant.service.createFactory();
    return plant;
  }

  /** Creates new gateways, one for each device. */
  async build(traits: readonly DeviceTraits[]): Promise<void> {
    this.figures.histories += 1;
    this.devices = await Promise.all(traits.map((each) => Device.listen(each)));
    for (const device of this.devices) {
      const { number, url } = device.gateway;
      const body = {
        ...{ factory_id: this.factoryId, gateway_id: `GW-${number}`, name: `Gateway ${number}`, url },
        ...{ desired_state: 'connected', ...LOGIN, clock_zone: device.traits.clock.zone },
      };
      device.id = (await bodyOf<{ id: string }>(this.service.api.post('/api/gateways', body), 201)).id;
      device.look();
    }
  }

  at(index: number): Device {
    const device = this.devices[index];
    if (!device) throw new Error(`there is no device ${index}`);
    return device;
  }

  async killService(): Promise<void> {
    this.figures.kills += 1;
    this.service.program.kill('SIGKILL');
    await this.service.program.exit();
    await this.databaseIsBack();
    this.service = await launch(this.dataDir);
  }

  async killDatabase(): Promise<void> {
    if (this.endOutage) return;
    this.figures.kills += 1;
    await this.databaseRuns();
    killPostgres(this.dataDir);
    await this.databaseRuns();
  }

  /** PostgreSQL is down until `databaseIsBack`. */
  async databaseIsAway(): Promise<void> {
    if (this.endOutage) return;
    // It does not take connections as soon as it runs.
    this.endOutage = await eventually(async () => {
      await this.databaseRuns();
      await this.isReady();
      return holdDown(this.dataDir);
    }, PATIENCE_MS);
  }

  async databaseIsBack(): Promise<void> {
    await this.endOutage?.();
    this.endOutage = null;
  }

  /** Asks every gateway's completeness again and again until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const device of this.devices) {
        // While the service or PostgreSQL is away there is no answer.
        await this.hear(device).catch(() => undefined);
      }
      await sleep(POLL_MS);
    }
  }

  /** Ends all faults, and waits until every gateway was asked once more. */
  async settle(): Promise<void> {
    await this.databaseIsBack();
    await this.isReady();
    for (const device of this.devices) await device.heal();
    const healedAt = new Date().toISOString();
    // The session that follows asks at once: after a failure, a session that lasts waits for a minute.
    for (const device of this.devices) device.gateway.drop();
    for (const device of this.devices) {
      await eventually(async () => {
        const said = await this.hear(device);
        const open = said.kinds.filter(
          ({ statement, verified_through: through }) =>
            !['complete', 'gaps'].includes(statement) || through === null || through < healedAt,
        );
        if (open.length > 0) throw new Error(`not settled: ${device.text}: ${JSON.stringify(open)}`);
      }, PATIENCE_MS);
    }
  }

  /** Compares everything. @returns what is wrong, in words */
  async verify(): Promise<string[]> {
    await this.copy.update(this.service.api);
    const problems = [...this.problems, ...this.strangers()];
    for (const device of this.devices) {
      device.look();
      const gaps = await bodyOf<GapListDto>(this.service.api.get(`/api/gateways/${device.id}/gaps`));
      for (const kind of recordKinds) problems.push(...this.verifyKind(device, kind, gaps.items));
    }
    return problems;
  }

  /** Deletes the gateways of this history. */
  async clear(): Promise<void> {
    await this.databaseIsBack();
    for (const { id } of this.devices) await this.service.api.delete(`/api/gateways/${id}`).catch(() => undefined);
    await Promise.all(this.devices.map(({ gateway }) => gateway.close()));
    this.devices = [];
    this.problems.length = 0;
    this.copy = this.copy.next();
  }

  async close(): Promise<void> {
    await this.databaseIsBack();
    await this.service.program.destroy();
    await Promise.all(this.devices.map(({ gateway }) => gateway.close()));
    await eventually(() => {
      if (processesAbout(this.dataDir).length > 0) throw new Error('PostgreSQL is still running');
    });
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** The log of the service, without the requests of this suite. */
  get log(): string {
    return this.service.program.output
      .split('\n')
      .filter((line) => !line.includes('INFO: request'))
      .join('\n');
  }

  /** Asks once, and notes as a problem if `complete` is said while something is missing. @throws Error without an answer */
  private async hear(device: Device): Promise<CompletenessDto> {
    const said = await bodyOf<CompletenessDto>(this.service.api.get(`/api/gateways/${device.id}/completeness`));
    device.look();
    const kinds = recordKinds.filter((kind) => {
      const one = said.kinds.find((each) => each.kind === KINDS[kind]);
      return one && ['complete', 'gaps'].includes(one.statement);
    });
    if (kinds.length === 0) return said;
    await this.copy.update(this.service.api);
    for (const kind of kinds) this.check(device, kind, said);
    return said;
  }

  private check(device: Device, kind: RecordKind, { kinds }: CompletenessDto): void {
    const said = kinds.find((each) => each.kind === KINDS[kind]);
    device.isKnown(kind);
    if (said?.statement !== 'complete') return;
    this.figures.completePolls += 1;
    const through = said.verified_through ?? '';
    const missing = compare(device, kind, this.copy.all).missing.filter(
      (entry) => entry.at <= through && device.owes(entry),
    );
    if (missing.length > 0) {
      this.problems.push(
        `said to be complete through ${through}: ${device.text} ${KINDS[kind]}, without ${show(missing)}`,
      );
    }
  }

  private verifyKind(device: Device, kind: RecordKind, gaps: readonly GapItem[]): string[] {
    const { missing, doubled, misfiled } = compare(device, kind, this.copy.all);
    const owed = missing.filter((entry) => device.owes(entry));
    const lost = owed.filter((entry) => !isInGap(entry, gaps));
    this.figures.measured += device.all(kind).length;
    this.figures.stored += device.all(kind).length - missing.length;
    this.figures.inGaps += owed.length - lost.length;
    const about = `${device.text} ${KINDS[kind]}`;
    return [
      ...(lost.length > 0 ? [`lost: ${about}: ${show(lost)}; gaps: ${JSON.stringify(gaps)}`] : []),
      ...doubled.map((text) => `doubled: ${about}: ${text}`),
      ...misfiled.map((text) => `misfiled: ${about}: ${text}`),
    ];
  }

  /** Readings of gateways that are not of this history: those of the others are deleted. */
  private strangers(): string[] {
    const known = new Set(this.devices.map(({ id }) => id));
    return this.copy.all
      .filter(({ reading }) => !known.has(reading.gateway_id))
      .map(({ reading }) => `whose? ${reading.id}`);
  }

  /** Waits until the process in the pid file is alive: the service starts PostgreSQL again when it dies. */
  private async databaseRuns(): Promise<void> {
    await eventually(() => process.kill(postmasterPid(this.dataDir), 0), PATIENCE_MS);
  }

  private async isReady(): Promise<void> {
    await eventually(() => bodyOf(this.service.api.get('/api/health/ready')), PATIENCE_MS);
  }
}

function launch(dataDir: string): Promise<ServiceProcess> {
  return ServiceProcess.start({ DATA_DIR: dataDir, ...SETTINGS });
}

/** What a gateway still holds must be stored, unless its day has more records than it returns at once: see docs/readings.md. */
function isInGap({ kind, serial, time, held }: Measured, gaps: readonly GapItem[]): boolean {
  const day = time.slice(0, 10);
  return gaps.some(
    (gap) =>
      gap.kind === KINDS[kind] &&
      gap.serial === serial &&
      (!held || gap.reason === 'too_dense') &&
      gap.from <= day &&
      day <= gap.to,
  );
}

function show(missing: readonly Measured[]): string {
  return missing
    .slice(0, 5)
    .map((entry) => JSON.stringify(entry))
    .concat(missing.length > 5 ? [`and ${missing.length - 5} more`] : [])
    .join(', ');
}
