import { atRest, runScenario } from './scenarios';
import type { Effect, Scenario } from './scenarios';

const SHARDS = 48;
const SEEDS = [1, 2];

const effects = new Map<Scenario, Effect[]>();

/** The worst of some runs of one fault. */
function worstOf(name: Scenario) {
  const known = effects.get(name) ?? SEEDS.map((seed) => runScenario(name, { seed, replicas: 3, shards: SHARDS }));
  effects.set(name, known);
  const most = (of: (effect: Effect) => number) => Math.max(...known.map(of));
  return {
    ownedAgainMs: most(({ ownedAgainMs }) => ownedAgainMs ?? Infinity),
    moved: most(({ moved }) => moved),
    fewestSockets: Math.min(...known.map(({ fewestSockets }) => fewestSockets)),
    longestGapMs: most(({ longestGapMs }) => longestGapMs),
    longestOverlapMs: most(({ longestOverlapMs }) => longestOverlapMs),
    violations: known.flatMap(({ violations }) => violations),
  };
}

describe('a single fault of three replicas', () => {
  it.each<Scenario>(['kill', 'freeze', 'cut from the database', 'isolate'])(
    'SCALE-02: %s: all gateways are owned again within twelve seconds, and only a third of them moves',
    (name) => {
      const worst = worstOf(name);
      expect(worst.violations).toEqual([]);
      expect(worst.ownedAgainMs).toBeLessThanOrEqual(12_000);
      expect(worst.moved).toBe(SHARDS / 3);
    },
  );

  it.each<Scenario>(['kill', 'cut from the database', 'isolate'])('%s: no gateway has two sockets', (name) => {
    expect(worstOf(name).longestOverlapMs).toBe(0);
  });

  it('freeze: a process that resumes closes its sockets at once', () => {
    expect(worstOf('freeze').longestOverlapMs).toBeLessThan(100);
  });

  it.each<Scenario>(['restart of the database', 'outage of 60 s', 'cut from the peers'])(
    'SCALE-03: %s: every socket stays, and no gateway moves',
    (name) => {
      const worst = worstOf(name);
      expect(worst).toMatchObject({ moved: 0, fewestSockets: SHARDS, violations: [] });
    },
  );

  it('restart under its name: its gateways are owned again at once', () => {
    expect(worstOf('restart under its name').ownedAgainMs).toBeLessThan(2000);
  });

  it('drain: gives its gateways over one by one', () => {
    const worst = worstOf('drain');
    expect(worst).toMatchObject({ moved: SHARDS / 3, longestOverlapMs: 0, violations: [] });
    expect(worst.longestGapMs).toBeLessThan(4000);
  });

  it('join: a newcomer gets its share, and nothing else moves', () => {
    const worst = worstOf('join');
    expect(worst).toMatchObject({ moved: SHARDS / 4, longestOverlapMs: 0, violations: [] });
    expect(worst.ownedAgainMs).toBeLessThan(20_000);
  });

  it('a newcomer that reaches the database, while the others do not, takes everything; the others keep sockets, but send no orders', () => {
    const world = atRest({ seed: 1, replicas: 2, shards: SHARDS });
    const before = [...world.hosts];
    for (const host of before) host.isCutFromTables = true;
    const newcomer = world.addHost();
    newcomer.isCutFromPeers = true;
    newcomer.start();
    expect(world.runUntil(() => newcomer.member.holdings.size === SHARDS, 20_000)).not.toBeNull();
    world.runFor(2000);
    // 5. The others know of each other only, and each hears that the other is blind as well.
    expect(before.map(({ member }) => member.holdings.size)).toEqual([SHARDS / 2, SHARDS / 2]);
    expect(before.map(({ member }) => [...member.holdings.keys()].some((shard) => member.mayOrder(shard)))).toEqual([
      false,
      false,
    ]);
    expect(world.violations).toEqual([]);
  });

  it('8. a replica that is told of its end by mistake looks at the tables first', () => {
    const world = atRest({ seed: 1, replicas: 2, shards: SHARDS });
    const [host] = world.hosts;
    host?.member.told();
    world.runFor(5000);
    expect(world.losses).toEqual({});
  });
});
