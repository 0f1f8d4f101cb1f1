import { hasNatsServer } from '../../support/nats-server';
import { report } from '../support/report';
import { size } from '../support/size';
import { Cluster } from './cluster';
import { FAULTS } from './faults';
import type { Fault, Outcome, Stage } from './faults';
import { OrderLoad } from './order-load';
import { OwnPostgres } from './own-postgres';
import { ShardWatch } from './shard-watch';
import { Slowness } from './slowness';
import { countStaleRows, watchStoredEpochs } from './stored-epochs';

const { rounds, gateways } = size.cluster;
const START_MS = 900_000;
const ROUND_MS = 600_000;

/**
 * How long a shard may be without an owner. `waits`: what replicas wait by design, which is the same on every machine (a look at the tables,
 * then a beat that does not change). `work`: what they then do, on an idle machine; multiplied by how slow this one is meanwhile.
 */
const BOUNDS_MS: Record<Outcome, { readonly waits: number; readonly work: number }> = {
  taken: { waits: 10_000, work: 1000 },
  'handed over': { waits: 0, work: 1000 },
  kept: { waits: 0, work: 0 },
};

/** Every fault, in rounds, over three replicas with the times of production. */
export function describeRounds(): void {
  describe(`${rounds} rounds of faults over three replicas with ${gateways} gateways`, () => {
    let slowness: Slowness;
    let postgres: OwnPostgres;
    let cluster: Cluster;
    let load: OrderLoad;
    let isStarted = false;

    beforeAll(async () => {
      if (!(await hasNatsServer())) return;
      isStarted = true;
      slowness = new Slowness();
      postgres = await OwnPostgres.start();
      await watchStoredEpochs(postgres.url);
      cluster = await Cluster.start({ database: postgres, gateways, speed: 1 });
      await cluster.untilConnected();
      load = await OrderLoad.start(cluster);
    }, START_MS);
    afterAll(async () => {
      if (!isStarted) return;
      await load.stop();
      await slowness.stop();
      await cluster.destroy();
      await postgres.destroy();
    }, START_MS);

    const plan = Array.from({ length: rounds }, (_, round) =>
      FAULTS.map((fault, index) => [round + 1, fault.name, fault, round + index] as const),
    ).flat();

    it.each(plan)('round %i: %s', (_round, _name, fault, turn) => suffer(fault, turn), ROUND_MS);

    const suffer = async (fault: Fault, turn: number): Promise<void> => {
      if (!isStarted) return;
      await cluster.untilShared();
      await cluster.untilConnected();
      const victim = cluster.replicas[turn % cluster.replicas.length];
      if (!victim) throw new Error('there is no replica');
      const others = cluster.replicas.filter((replica) => replica !== victim);
      const watch = new ShardWatch(postgres.url);
      try {
        await sufferOn(fault, { cluster, postgres, watch, victim, others });
      } finally {
        await watch.stop();
      }
    };

    const sufferOn = async (fault: Fault, stage: Stage): Promise<void> => {
      const { watch } = stage;
      const before = {
        losses: cluster.replicas.flatMap((replica) => replica.losses),
        owners: await watch.owners(),
        sockets: await cluster.accepted(),
        orders: await load.completed(),
      };
      const began = performance.now();
      slowness.begin();
      await fault.strike(stage);
      const struckMs = watch.takeLongestMs();
      const struckSlowness = slowness.factor;
      slowness.begin();
      await fault.heal(stage);
      await cluster.untilShared();
      await cluster.untilConnected();
      await watch.untilOwned();
      const healedMs = watch.takeLongestMs();

      const sockets = await cluster.accepted();
      const made = sockets.reduce((sum, count, index) => sum + count - (before.sockets[index] ?? 0), 0);
      report(fault.name, {
        'without owner (s)': (struckMs / 1000).toFixed(2),
        'while healing (s)': (healedMs / 1000).toFixed(2),
        'slowness then': struckSlowness.toFixed(1),
        'slowness while healing': slowness.factor.toFixed(1),
        'new sockets': made,
        'orders carried out': (await load.completed()) - before.orders,
        'all took (s)': ((performance.now() - began) / 1000).toFixed(0),
      });

      if (fault.outcome === 'kept') {
        expect(cluster.replicas.flatMap(({ losses }) => losses)).toEqual(before.losses);
        expect(await watch.owners()).toEqual(before.owners);
        expect(sockets).toEqual(before.sockets);
      }
      expect(struckMs).toBeLessThanOrEqual(boundMs(fault.outcome, struckSlowness));
      expect(healedMs).toBeLessThanOrEqual(boundMs('handed over', slowness.factor)); // A replica that joins is given its part.
      await expectOneOwner();
    };

    /** No gateway has heard two clients in turns or a wrong login, and nothing of an earlier owner is stored after a later one's. */
    const expectOneOwner = async (): Promise<void> => {
      const members = await cluster.members();
      expect(members.filter(({ overtaken, logins }) => overtaken > 0 || logins.refused > 0)).toEqual([]);
      expect(await countStaleRows(postgres.url)).toBe(0);
    };
  });
}

function boundMs(outcome: Outcome, slowness: number): number {
  const { waits, work } = BOUNDS_MS[outcome];
  return waits + work * Math.max(1, slowness);
}
