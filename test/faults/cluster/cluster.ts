import { randomBytes } from 'node:crypto';
import { bodyOf } from '../../support/api-client';
import { aGateway } from '../../support/builders';
import { queryDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import { FleetProcess } from '../../support/fleet-process';
import type { Member } from '../../support/fleet-process';
import { inParallel } from '../../support/in-parallel';
import { NatsServer } from '../../support/nats-server';
import { PATIENCE_MS, Replica } from './replica';

const NAMES = ['one', 'two', 'three'];
const SHARDS = 1024;
const CREATES_AT_ONCE = 10;

/** What a cluster starts with. */
export interface ClusterOptions {
  readonly database: { readonly url: string };
  readonly gateways: number;
  /** How many times faster than in production the times of the protocol are. */
  readonly speed: number;
  /** Settings of the replicas. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Three replicas of the built service, a NATS server, and simulated gateways that all are connected or about to be. */
export class Cluster {
  /** Of the gateways. */
  readonly ids: string[] = [];

  private constructor(
    readonly database: { readonly url: string },
    readonly nats: NatsServer,
    readonly fleet: FleetProcess,
    readonly replicas: readonly Replica[],
  ) {}

  static async start({ database, gateways, speed, settings = {} }: ClusterOptions): Promise<Cluster> {
    const [nats, fleet] = await Promise.all([NatsServer.start(), FleetProcess.start(gateways)]);
    const all = {
      NODE_ENV: 'test',
      TEST_CLUSTER_SPEED: `${speed}`,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      ...settings,
    };
    const to = { database: database.url, nats: nats.url };
    const starting = await Promise.allSettled(NAMES.map((name) => Replica.start(name, to, all)));
    const replicas = starting.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    const cluster = new Cluster(database, nats, fleet, replicas);
    try {
      for (const start of starting) if (start.status === 'rejected') throw start.reason;
      await cluster.addGateways();
      return cluster;
    } catch (error) {
      await cluster.destroy();
      throw error;
    }
  }

  get running(): Replica[] {
    return this.replicas.filter(({ isRunning }) => isRunning);
  }

  /** The simulated gateways. */
  members(): Promise<Member[]> {
    return this.fleet.members();
  }

  /** How often each gateway has accepted a socket. */
  async accepted(): Promise<number[]> {
    return (await this.members()).map(({ connectionsAccepted }) => connectionsAccepted);
  }

  /** The id that the process has generated at its start; empty if it is gone. */
  async instanceOf({ name }: Replica): Promise<string> {
    const rows = await queryDatabase(
      this.database,
      `SELECT id FROM replicas WHERE name = '${name}' AND state <> 'gone'`,
    );
    return (rows[0] as { id: string } | undefined)?.id ?? '';
  }

  /** Waits until every gateway has one socket, and each of these replicas says that all are connected. */
  untilConnected(among: readonly Replica[] = this.running): Promise<void> {
    return eventually(async () => {
      for (const { service } of among) expect(await service.count('connected')).toBe(this.ids.length);
      const open = (await this.members()).map(({ openConnections }) => openConnections);
      expect(open.filter((count) => count !== 1)).toEqual([]);
    }, PATIENCE_MS);
  }

  /** Waits until every shard is owned by one of these replicas, and each has its part. */
  untilShared(among: readonly Replica[] = this.running): Promise<void> {
    return eventually(async () => {
      const instances = await Promise.all(among.map((replica) => this.instanceOf(replica)));
      const rows = await queryDatabase(this.database, 'SELECT owner, count(*)::int FROM shards GROUP BY owner');
      const shares = new Map((rows as { owner: string; count: number }[]).map(({ owner, count }) => [owner, count]));
      for (const instance of instances) expect(shares.get(instance)).toBeGreaterThan(SHARDS / among.length - 1);
    }, PATIENCE_MS);
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.replicas.map((replica) => replica.destroy()), this.fleet.program.destroy()]);
    await this.nats.destroy();
  }

  private async addGateways(): Promise<void> {
    const { api } = this.replicas[0]?.service ?? {};
    const factory_id = (await this.replicas[0]?.service.createFactory()) ?? '';
    if (!api) throw new Error('there is no replica');
    await inParallel((await this.members()).entries(), CREATES_AT_ONCE, async ([index, { url }]) => {
      const body = aGateway({ factory_id, url, name: `Gateway ${index}` });
      const at = this.replicas[index % this.replicas.length]?.service.api ?? api;
      this.ids.push((await bodyOf<{ id: string }>(at.post('/api/gateways', body), 201)).id);
    });
  }
}
