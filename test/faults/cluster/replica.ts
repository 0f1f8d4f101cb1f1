import type { ConnectionPageDto, ConnectionStatusDto } from '../../../src/status/connection-status.dto';
import { bodyOf } from '../../support/api-client';
import { DatabaseNetwork } from '../../support/database-network';
import { eventually } from '../../support/eventually';
import { parseExposition } from '../../support/exposition';
import { ServiceProcess } from '../../support/service-process';

/** Long, for a busy machine: nothing waits for its end. */
export const PATIENCE_MS = 90_000;

/** One replica: a service in its own process, with its own ways to PostgreSQL and NATS. */
export class Replica {
  private constructor(
    readonly name: string,
    /** To PostgreSQL. */
    readonly network: DatabaseNetwork,
    /** To NATS. */
    readonly bus: DatabaseNetwork,
    public service: ServiceProcess,
    private readonly settings: Record<string, string>,
  ) {}

  /** @param to URLs of PostgreSQL and NATS */
  static async start(
    name: string,
    to: { readonly database: string; readonly nats: string },
    settings: Record<string, string>,
  ): Promise<Replica> {
    const [network, bus] = await Promise.all([
      DatabaseNetwork.to({ url: to.database }),
      DatabaseNetwork.to({ url: to.nats }),
    ]);
    const all = { ...settings, REPLICA_NAME: name, DATABASE_URL: network.url, NATS_URL: bus.url };
    try {
      return new Replica(name, network, bus, await ServiceProcess.start(all), all);
    } catch (error) {
      await Promise.all([network.close(), bus.close()]);
      throw error;
    }
  }

  get isRunning(): boolean {
    return this.service.isRunning;
  }

  /** Why it has lost shards since it was started, as its log says. */
  get losses(): string[] {
    const lines = this.service.program.output.split('\n').filter((line) => line.includes('"shards lost"'));
    return lines.map((line) => `${this.name}: ${(JSON.parse(line) as { why: string }).why}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.service.program.kill(signal);
  }

  /** Starts it anew under its name. It must have ended. */
  async startAgain(): Promise<void> {
    this.service = await ServiceProcess.start(this.settings);
  }

  /** Waits until it has ended. @returns its exit code */
  async exit(): Promise<number | null> {
    await eventually(() => expect(this.isRunning).toBe(false), PATIENCE_MS);
    return this.service.program.exit();
  }

  /** The connections of the first hundred gateways. */
  async connections(): Promise<ConnectionStatusDto[]> {
    return (await bodyOf<ConnectionPageDto>(this.service.api.get('/api/connections?limit=100'))).data;
  }

  async status(id: string): Promise<ConnectionStatusDto> {
    return bodyOf(this.service.api.get(`/api/gateways/${id}/status`));
  }

  /** The value of a metric with one series. */
  async metric(name: string): Promise<number> {
    const response = await fetch(`${this.service.api.url}/metrics`);
    const samples = parseExposition(await response.text()).get(name)?.samples ?? [];
    return samples.length === 1 ? (samples[0]?.value ?? NaN) : NaN;
  }

  /** Waits until it may send no order any more, as it has not seen the database for too long. */
  async untilLapsed(): Promise<void> {
    await eventually(
      async () => expect(await this.metric('gateway_hub_cluster_lease_left_seconds')).toBeLessThan(0),
      PATIENCE_MS,
    );
  }

  async destroy(): Promise<void> {
    await this.service.program.destroy();
    await Promise.all([this.network.close(), this.bus.close()]);
  }
}
