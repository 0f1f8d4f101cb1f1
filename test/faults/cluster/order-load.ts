import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../../support/api-client';
import { queryDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';
import type { Cluster } from './cluster';
import { PATIENCE_MS } from './replica';

const PAUSE_MS = 50;

const COMPLETED = `SELECT count(*)::int AS count FROM acquisitions WHERE state = 'completed'`;

/** Orders readings of sensors on demand, at the replicas in turn, while faults go on. It does not matter what is answered. */
export class OrderLoad {
  private isOver = false;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly cluster: Cluster,
    private readonly sensors: readonly string[],
  ) {
    this.ended = this.orderOn();
  }

  static async start(cluster: Cluster): Promise<OrderLoad> {
    const sensors = await eventually(async () => {
      const { api } = cluster.running[0]?.service ?? {};
      const page = await bodyOf<{ data: { id: string; connected: boolean | null }[] }>(
        api?.get('/api/sensors?limit=100') ?? Promise.reject(new Error('no replica runs')),
      );
      const connected = page.data.filter((sensor) => sensor.connected);
      expect(connected).not.toEqual([]);
      return connected.map(({ id }) => id);
    }, PATIENCE_MS);
    return new OrderLoad(cluster, sensors);
  }

  /** How many orders have been carried out. */
  async completed(): Promise<number> {
    const rows = (await queryDatabase(this.cluster.database, COMPLETED)) as { count: number }[];
    return rows[0]?.count ?? NaN;
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private async orderOn(): Promise<void> {
    for (let turn = 0; !this.isOver; turn += 1) {
      const { running } = this.cluster;
      const replica = running[turn % running.length];
      const sensor = this.sensors[turn % this.sensors.length] ?? '';
      const order = replica?.service.api.post(`/api/sensors/${sensor}/acquisitions`, { kind: 'battery' });
      await order?.catch(() => null); // The replica is gone.
      await sleep(PAUSE_MS);
    }
  }
}
