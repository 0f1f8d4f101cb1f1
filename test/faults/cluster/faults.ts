import { bodyOf } from '../../support/api-client';
import { eventually } from '../../support/eventually';
import type { Cluster } from './cluster';
import type { OwnPostgres } from './own-postgres';
import { PATIENCE_MS } from './replica';
import type { Replica } from './replica';
import type { ShardWatch } from './shard-watch';

/** Where a fault happens. */
export interface Stage {
  readonly cluster: Cluster;
  readonly postgres: Pick<OwnPostgres, 'restart'>;
  readonly watch: ShardWatch;
  /** The replica to which it happens, unless it happens to all. */
  readonly victim: Replica;
  readonly others: readonly Replica[];
}

/** What must hold: others own the shards once they have waited long enough, or at once, or nothing moves and no socket is lost. */
export type Outcome = 'taken' | 'handed over' | 'kept';

/** A fault, and what follows from it. */
export interface Fault {
  readonly name: string;
  readonly outcome: Outcome;
  /** Resolves when every shard has an owner that lives. */
  strike(stage: Stage): Promise<void>;
  /** Ends the fault; all replicas run again then. */
  heal(stage: Stage): Promise<void>;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'kill -9',
    outcome: 'taken',
    strike: async (stage) => {
      await lose(stage, ({ victim }) => victim.signal('SIGKILL'));
      await stage.victim.exit();
    },
    heal: startAgain,
  },
  { name: 'a freeze', outcome: 'taken', strike: freeze, heal: thaw },
  cutOff('a cut from PostgreSQL', async ({ network }) => network.cut()),
  cutOff('a cut from PostgreSQL and NATS', ({ network, bus }) => Promise.all([network.cut(), bus.cut()])),
  cutOff('an isolation, in which all packets are lost', ({ network, bus }) => {
    network.swallow();
    bus.swallow();
  }),
  {
    name: 'a cut from NATS',
    outcome: 'kept',
    strike: async ({ victim }) => {
      await victim.bus.cut();
      await untilUnknown([victim]);
    },
    heal: ({ victim }) => victim.bus.restore(),
  },
  {
    name: 'kill -9 and a start under the same name',
    outcome: 'handed over', // From when it has registered.
    strike: async ({ victim, watch }) => {
      victim.signal('SIGKILL');
      await victim.exit();
      await victim.startAgain();
      await watch.untilOwned();
    },
    heal: () => Promise.resolve(),
  },
  { name: 'SIGTERM, and a start later', outcome: 'handed over', strike: drain, heal: startAgain },
  {
    name: 'a rolling restart',
    outcome: 'handed over',
    strike: async (stage) => {
      for (const victim of stage.cluster.replicas) {
        await drain({ ...stage, victim });
        await victim.startAgain();
        await stage.cluster.untilConnected();
      }
    },
    heal: () => Promise.resolve(),
  },
  restartOfPostgres('fast'),
  restartOfPostgres('immediate'),
  {
    name: 'PostgreSQL away for all for longer than orders are permitted',
    outcome: 'kept',
    strike: async ({ cluster }) => {
      await Promise.all(cluster.replicas.map(({ network }) => network.cut()));
      for (const replica of cluster.replicas) await replica.untilLapsed();
    },
    heal: async ({ cluster }) => {
      await Promise.all(cluster.replicas.map(({ network }) => network.restore()));
      await untilReady(cluster.replicas);
    },
  },
  {
    name: 'a restart of NATS',
    outcome: 'kept',
    strike: async ({ cluster }) => {
      await cluster.nats.kill();
      await untilUnknown(cluster.replicas);
    },
    heal: ({ cluster }) => cluster.nats.startAgain(),
  },
];

/** A replica that is lost to the others, from when on its shards are without an owner. */
async function lose(stage: Stage, how: (stage: Stage) => unknown): Promise<void> {
  const instance = await stage.cluster.instanceOf(stage.victim);
  stage.watch.lose(instance);
  await how(stage);
  await stage.watch.untilOwned();
}

async function startAgain({ cluster, victim, others }: Stage): Promise<void> {
  await cluster.untilConnected(others);
  await victim.startAgain();
}

/** A replica that cannot see the database was ended, and must exit when it learns so. */
function cutOff(name: string, cut: (victim: Replica) => unknown): Fault {
  return {
    name,
    outcome: 'taken',
    strike: (stage) => lose(stage, ({ victim }) => cut(victim)),
    heal: async (stage) => {
      await stage.cluster.untilConnected(stage.others);
      await Promise.all([stage.victim.network.restore(), stage.victim.bus.restore()]);
      expect(await stage.victim.exit()).toBe(1);
      await startAgain(stage);
    },
  };
}

function freeze(stage: Stage): Promise<void> {
  return lose(stage, ({ victim }) => victim.signal('SIGSTOP'));
}

/** Its kernel has kept the sockets open. When it thaws, it must not log in anywhere, and exit. */
async function thaw(stage: Stage): Promise<void> {
  const { cluster, victim, others } = stage;
  const logins = async () => (await cluster.members()).map((member) => member.logins.accepted);
  await eventually(async () => {
    for (const { service } of others) expect(await service.count('connected')).toBe(cluster.ids.length);
  }, PATIENCE_MS);
  const before = await logins();
  victim.signal('SIGCONT');
  expect(await victim.exit()).toBe(1);
  await cluster.untilConnected(others);
  expect(await logins()).toEqual(before);
  await startAgain(stage);
}

async function drain({ victim, watch }: Stage): Promise<void> {
  victim.signal('SIGTERM');
  expect(await victim.exit()).toBe(0);
  await watch.untilOwned();
}

function restartOfPostgres(mode: 'fast' | 'immediate'): Fault {
  return {
    name: `a restart of the PostgreSQL server (-m ${mode})`,
    outcome: 'kept',
    strike: ({ postgres }) => postgres.restart(mode),
    heal: ({ cluster }) => untilReady(cluster.replicas),
  };
}

/** Waits until these replicas say of gateways of others that they cannot know their state. */
async function untilUnknown(replicas: readonly Replica[]): Promise<void> {
  await eventually(async () => {
    for (const { service } of replicas) expect(await service.count('unknown')).toBeGreaterThan(0);
  }, PATIENCE_MS);
}

async function untilReady(replicas: readonly Replica[]): Promise<void> {
  for (const { service } of replicas) {
    await eventually(() => bodyOf(service.api.get('/api/health/ready')), PATIENCE_MS);
  }
}
