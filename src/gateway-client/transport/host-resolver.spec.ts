import type { LookupAddress } from 'node:dns';
import { HostResolver } from './host-resolver';
import type { LookUp } from './host-resolver';

const FOUND: LookupAddress[] = [{ address: '10.0.0.7', family: 4 }];

/** A fake system resolver. The test decides when each look-up is answered. */
function aSystem() {
  const asked: string[] = [];
  const pending = new Map<string, { answer: (addresses?: LookupAddress[]) => void; fail: () => void }>();
  const find = (host: string) =>
    new Promise<LookupAddress[]>((resolve, reject) => {
      asked.push(host);
      pending.set(host, {
        answer: (addresses = FOUND) => resolve(addresses),
        fail: () => reject(new Error('ENOTFOUND')),
      });
    });
  const fails = async (...hosts: string[]) => {
    for (const host of hosts) pending.get(host)?.fail();
    await settled();
  };
  return { asked, find, fails, answers: (host: string) => pending.get(host)?.answer() };
}

/** Starts a look-up and collects what its listener is notified of. */
function want(resolver: HostResolver, host: string): LookUp & { heard: string[] } {
  const heard: string[] = [];
  const lookUp = resolver.lookUp(host, {
    onTurn: () => heard.push('turn'),
    onFound: (addresses) => heard.push(addresses.map(({ address }) => address).join()),
    onNotFound: ({ message }) => heard.push(message),
  });
  return { ...lookUp, heard };
}

const settled = () => new Promise(setImmediate);

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('HostResolver', () => {
  it.each(['10.0.0.7', '::1'])('does not look up an IP address, and returns it asynchronously: %s', async (host) => {
    const system = aSystem();
    const { heard } = want(new HostResolver(2, system.find), host);
    expect(heard).toEqual([]);
    await settled();
    expect(heard).toEqual(['turn', host]);
    expect(system.asked).toEqual([]);
  });

  it('looks a host up once for several callers, and notifies all of them', async () => {
    const system = aSystem();
    const resolver = new HostResolver(2, system.find);
    const first = want(resolver, 'a');
    await settled();
    const second = want(resolver, 'a');
    await settled();
    system.answers('a');
    await settled();
    expect([first.heard, second.heard]).toEqual([
      ['turn', '10.0.0.7'],
      ['turn', '10.0.0.7'],
    ]);
    expect(system.asked).toEqual(['a']);
  });

  it.each<[string, () => Promise<LookupAddress[]>]>([
    ['throws at once', () => { throw new Error('EMFILE'); }], // prettier-ignore
    ['rejects', () => Promise.reject(new Error('EAI_AGAIN'))],
    ['finds nothing', () => Promise.resolve([])],
    ['finds what is no address', () => Promise.resolve([{ address: 'odd', family: 7 }])],
  ])('reports a name as not found when the system %s', async (_, find) => {
    const { heard } = want(new HostResolver(2, find), 'a');
    await settled();
    expect(heard).toEqual(['turn', expect.stringMatching(/^E|no address/)]);
  });

  it('derives the family from the address when the system reports an invalid one', async () => {
    const find = () => Promise.resolve([{ address: '::1', family: 0 }]);
    const families: number[] = [];
    new HostResolver(2, find).lookUp('a', {
      onTurn: () => undefined,
      onFound: (addresses) => families.push(...addresses.map(({ family }) => family)),
      onNotFound: () => undefined,
    });
    await settled();
    expect(families).toEqual([6]);
  });

  it('looks a new name up at once while thirty unknown names are being looked up', async () => {
    const system = aSystem();
    const resolver = new HostResolver(64, system.find);
    for (const host of names('dead', 30)) want(resolver, host);
    await settled();
    want(resolver, 'good');
    await settled();
    expect(system.asked).toContain('good');
  });

  it('looks a new name up at once while a thousand unknown names wait, after the first look-ups have failed', async () => {
    const system = aSystem();
    const resolver = new HostResolver(64, system.find);
    const dead = names('dead', 1000);
    for (const host of dead) want(resolver, host);
    await settled();
    expect(system.asked).toHaveLength(42); // Three quarters of the 56 that are not reserved for failed names.
    await system.fails(...system.asked);
    expect(system.asked).toHaveLength(42 + 28); // Half of the 56, for names from the queue.

    const good = want(resolver, 'good');
    await settled();
    system.answers('good');
    await settled();
    expect(good.heard).toEqual(['turn', '10.0.0.7']);
  });

  it('limits names that failed last time to their own share of look-ups, so that they do not delay others', async () => {
    const system = aSystem();
    const resolver = new HostResolver(64, system.find);
    const dead = names('dead', 1000);
    for (const host of dead) want(resolver, host);
    await settled();
    for (let asked = 0; asked < dead.length;) {
      const before = system.asked.slice(asked);
      asked += before.length;
      await system.fails(...before);
    }
    system.asked.length = 0;

    for (const host of dead) want(resolver, host);
    for (const host of names('new', 40)) want(resolver, host);
    await settled();
    expect(system.asked.filter((host) => host.startsWith('dead'))).toHaveLength(8);
    expect(system.asked.filter((host) => host.startsWith('new'))).toHaveLength(40);
  });

  it('always keeps a place for names that were found last time', async () => {
    const system = aSystem();
    const resolver = new HostResolver(64, system.find);
    want(resolver, 'good');
    await settled();
    system.answers('good');
    await settled();
    for (const host of names('dead', 1000)) want(resolver, host);
    await settled();
    for (const host of names('ordered', 1000)) want(resolver, host).hurry();
    await settled();
    want(resolver, 'good');
    await settled();
    expect(system.asked.filter((host) => host === 'good')).toHaveLength(2);
  });

  it('puts the look-up of an order first, even for a name that failed before', async () => {
    const system = aSystem();
    const resolver = new HostResolver(2, system.find);
    want(resolver, 'bad');
    await settled();
    await system.fails('bad');
    const unknown = names('unknown', 5);
    for (const host of unknown) want(resolver, host);
    await settled();
    want(resolver, 'bad').hurry();
    want(resolver, 'last').hurry();
    await settled();
    await system.fails('unknown0');
    await system.fails('bad');
    await system.fails('last');
    expect(system.asked).toEqual(['bad', 'unknown0', 'bad', 'last', 'unknown1']);
  });

  it('does not look up a name that was abandoned, and frees its place in the queue', async () => {
    const system = aSystem();
    const resolver = new HostResolver(2, system.find);
    want(resolver, 'slow');
    await settled();
    const given = ['a', 'b'].map((host) => want(resolver, host));
    const shared = [want(resolver, 'c'), want(resolver, 'c')];
    for (const lookUp of [...given, ...shared.slice(1)]) lookUp.abandon();
    await settled();
    await system.fails('slow');
    expect(system.asked).toEqual(['slow', 'c']);
    system.answers('c');
    await settled();
    expect([...given, ...shared].map(({ heard }) => heard)).toEqual([[], [], ['turn', '10.0.0.7'], []]);
  });

  it('notifies a caller of its turn only when the look-up starts', async () => {
    const system = aSystem();
    const resolver = new HostResolver(2, system.find);
    want(resolver, 'slow');
    await settled();
    const waiting = want(resolver, 'waiting');
    await settled();
    expect(waiting.heard).toEqual([]);
    await system.fails('slow');
    expect(waiting.heard).toEqual(['turn']);
  });

  it('joins a running look-up whose first caller has abandoned it', async () => {
    const system = aSystem();
    const resolver = new HostResolver(2, system.find);
    const first = want(resolver, 'a');
    await settled();
    first.abandon();
    const second = want(resolver, 'a');
    await settled();
    system.answers('a');
    await settled();
    expect(system.asked).toEqual(['a']);
    expect([first.heard, second.heard]).toEqual([['turn'], ['turn', '10.0.0.7']]);
  });
});
