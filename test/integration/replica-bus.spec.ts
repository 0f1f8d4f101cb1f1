import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { InProcessBus } from '../../src/bus/in-process.bus';
import { NatsBus } from '../../src/bus/nats/nats.bus';
import type { NatsSettings } from '../../src/bus/nats/nats-settings';
import { AnswerFailedError, NoAnswerError, NobodyAnswersError } from '../../src/bus/replica-bus';
import type { LogCodec, Message, ReplicaBus, ReplicaLog } from '../../src/bus/replica-bus';
import { testCertificates } from '../support/certificates';
import { DatabaseNetwork } from '../support/database-network';
import { eventually } from '../support/eventually';
import { hasNatsServer, NatsServer } from '../support/nats-server';
import { silentLogger } from '../unit-support/silent-logger';

const texts: LogCodec<string> = {
  encode: (item) => item,
  decode: (message) => (typeof message === 'string' ? message : null),
};
/** More than any test appends at once, unless it is about that: the server drops what is too much. */
const KEPT = 25;

/** One replica, and what it has heard. */
class Member {
  readonly heard: [key: string, value: Message][] = [];
  emptied = 0;
  readonly begun: { name: string; after: number; kept: string[] }[] = [];
  readonly items: [position: number, item: string][] = [];
  readonly log: ReplicaLog<string>;

  constructor(readonly bus: ReplicaBus) {
    bus.values.follow({
      onValue: (key, value) => this.heard.push([key, value]),
      onEmptied: () => (this.emptied += 1),
    });
    this.log = bus.log('TEXTS', { kept: KEPT, codec: texts });
    this.log.follow({
      onBegin: (name, after, kept) => this.begun.push({ name, after, kept: kept.map(([, item]) => item) }),
      onItem: (position, item) => this.items.push([position, item]),
    });
  }

  get latest(): Record<string, Message> {
    return Object.fromEntries(this.heard);
  }

  get texts(): string[] {
    return this.items.map(([, item]) => item);
  }

  /** Ends when this replica hears what others post and append. Its log was one of its own before. */
  joined(): Promise<void> {
    return eventually(() => expect([this.emptied > 0, this.begun.length > 1]).toEqual([true, true]));
  }
}

const members: Member[] = [];
let server: NatsServer | null = null;
let isInstalled = false;

beforeAll(async () => {
  isInstalled = await hasNatsServer();
  if (isInstalled) server = await NatsServer.start();
});

afterEach(async () => {
  await Promise.all(members.splice(0).map(({ bus }) => bus.stop()));
});

afterAll(async () => {
  await server?.destroy();
});

function natsBus(cluster: string, settings: Partial<NatsSettings> = {}): NatsBus {
  const servers = server ? [server.url] : [];
  return new NatsBus({ servers, cluster, replicaId: randomUUID(), streamReplicas: 1, ...settings }, silentLogger());
}

async function join(bus: ReplicaBus): Promise<Member> {
  const member = new Member(bus);
  members.push(member);
  await bus.start();
  return member;
}

function numbered(text: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${text}${index + 1}`);
}

/** A test that needs a NATS server; without one it passes, and the suite has said so. */
function withNats(name: string, test: () => Promise<void>): void {
  it(name, async () => {
    if (isInstalled) await test();
  });
}

describe.each([
  ['in one process', () => new InProcessBus()],
  ['over NATS', () => natsBus(randomUUID())],
])('the bus %s', (kind, makeBus) => {
  const itWorks = kind === 'over NATS' ? withNats : it;

  async function aMember(): Promise<Member> {
    const member = await join(makeBus());
    if (member.bus.isShared) await member.joined();
    return member;
  }

  itWorks('brings a question to whoever answers at the address, and the answer back', async () => {
    const { bus } = await aMember();
    bus.answer('shard.7', (question) => ({ got: question }));
    expect(await bus.ask('shard.7', { what: 'test', n: 1 }, 5000)).toEqual({ got: { what: 'test', n: 1 } });
  });

  itWorks('says at once that nobody answers, also where somebody did before', async () => {
    const { bus } = await aMember();
    const end = bus.answer('shard.7', () => 'here');
    await bus.ask('shard.7', null, 5000);
    end();
    // A wait for an answer would outlast the test.
    await expect(bus.ask('shard.7', null, 3_600_000)).rejects.toThrow(NobodyAnswersError);
    await expect(bus.ask('shard.8', null, 3_600_000)).rejects.toThrow(NobodyAnswersError);
  });

  itWorks('distinguishes an answer that failed from one that did not come', async () => {
    const { bus } = await aMember();
    bus.answer('replica.a', () => Promise.reject(new Error('secret of the answerer')));
    bus.answer('replica.b', () => new Promise(() => undefined));
    const failure = await bus.ask('replica.a', null, 5000).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AnswerFailedError);
    expect((failure as Error).message).not.toContain('secret');
    await expect(bus.ask('replica.b', null, 50)).rejects.toThrow(NoAnswerError);
  });

  itWorks('tells everybody who answers', async () => {
    const { bus } = await aMember();
    const told: Message[] = [];
    bus.answer('everyone', (message) => told.push(['first', message]));
    bus.answer('everyone', (message) => told.push(['second', message]));
    bus.tell('everyone', 'look');
    await eventually(() => expect(told.toSorted()).toEqual([['first', 'look'], ['second', 'look']])); // prettier-ignore
  });

  itWorks('keeps the order of values, and ends a key', async () => {
    const member = await aMember();
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
      ['b', null],
    ] as const) {
      member.bus.values.post(key, value);
      await eventually(() => expect(member.heard.at(-1)).toEqual([key, value]));
    }
  });

  itWorks('numbers the items of a log without a gap, under one name', async () => {
    const member = await aMember();
    const begun = member.begun.length;
    for (let n = 1; n <= 20; n += 1) member.log.append(`item ${n}`);
    await eventually(() => expect(member.texts).toEqual(numbered('item ', 20)));
    expect(member.items.map(([position]) => position)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(member.begun).toHaveLength(begun);
    expect(member.begun.at(-1)).toMatchObject({ after: 0, kept: [] });
  });
});

describe('several replicas over NATS', () => {
  let cluster: string;

  beforeEach(() => (cluster = randomUUID()));

  async function aMember(settings?: Partial<NatsSettings>): Promise<Member> {
    const member = await join(natsBus(cluster, settings));
    await member.joined();
    return member;
  }

  withNats('ask each other', async () => {
    const [a, b] = [await aMember(), await aMember()];
    b.bus.answer('shard.1000', () => 'from b');
    await eventually(async () => expect(await a.bus.ask('shard.1000', null, 5000)).toBe('from b'));
    await b.bus.stop();
    await expect(a.bus.ask('shard.1000', null, 3_600_000)).rejects.toThrow(NobodyAnswersError);
  });

  withNats('hear of the latest value of each key when they join, and of each new one', async () => {
    const a = await aMember();
    a.bus.values.post('one', { n: 1 });
    a.bus.values.post('two', { n: 2 });
    await eventually(() => expect(a.latest).toEqual({ one: { n: 1 }, two: { n: 2 } }));
    a.bus.values.post('one', { n: 3 });
    await eventually(() => expect(a.latest).toEqual({ one: { n: 3 }, two: { n: 2 } }));

    const b = await aMember();
    expect(b.heard.toSorted()).toEqual([['one', { n: 3 }], ['two', { n: 2 }]]); // prettier-ignore
    b.bus.values.post('two', null);
    await eventually(() => expect(a.latest).toEqual({ one: { n: 3 }, two: null }));
  });

  withNats('have the same items at the same positions, whoever appends and whoever joins late', async () => {
    const [a, b] = [await aMember(), await aMember()];
    for (let n = 1; n <= 15; n += 1) {
      a.log.append(`a${n}`);
      b.log.append(`b${n}`);
      await eventually(() => expect([a.items.length, b.items.length]).toEqual([2 * n, 2 * n]));
    }
    expect(a.items).toEqual(b.items);
    expect(a.texts.toSorted()).toEqual([...numbered('a', 15), ...numbered('b', 15)].toSorted());

    const late = await aMember();
    const { name } = a.begun.at(-1) ?? {};
    expect(late.begun.at(-1)).toEqual({ name, after: 30 - KEPT, kept: a.texts.slice(-KEPT) });
    a.log.append('next');
    await eventually(() => expect(late.items).toEqual([[31, 'next']]));
  });

  withNats(
    'are told when a log has dropped items before they were heard, and hear the others at their positions',
    async () => {
      const [a, b] = [await aMember(), await aMember()];
      const count = 40 * KEPT;
      for (let n = 1; n <= count; n += 1) a.log.append(String(n));
      await eventually(() => expect(b.texts.at(-1)).toBe(String(count)));
      for (const [position, item] of b.items) expect(String(position)).toBe(item);
      let follows = 0;
      const starts = new Set(b.begun.map(({ after }) => after));
      for (const [position] of b.items) {
        if (position !== follows + 1) expect(starts).toContain(position - 1);
        follows = position;
      }
    },
  );

  withNats('pass over what they cannot read', async () => {
    const a = await aMember();
    const stranger = await join(natsBus(cluster));
    const numbers = stranger.bus.log<number>('TEXTS', { kept: KEPT, codec: { encode: Number, decode: () => null } });
    numbers.append(5);
    a.log.append('readable');
    await eventually(() => expect(a.texts).toEqual(['readable']));
    const late = await aMember();
    expect(late.begun.at(-1)?.kept).toEqual(['readable']);
  });
});

describe('a NATS server that goes away', () => {
  let cluster: string;

  beforeEach(() => (cluster = randomUUID()));

  withNats('and has lost everything is filled again, and the log has a new name', async () => {
    const [a, b] = [await join(natsBus(cluster)), await join(natsBus(cluster))];
    await Promise.all([a.joined(), b.joined()]);
    a.log.append('before');
    await eventually(() => expect(b.texts).toEqual(['before']));
    const nameBefore = b.begun.at(-1)?.name;

    await server?.kill();
    await eventually(() => expect(a.bus.ask('shard.1', null, 100)).rejects.toThrow(NobodyAnswersError));
    await eventually(() => expect(a.begun.at(-1)?.name).not.toBe(nameBefore)); // Alone by now.
    a.bus.values.post('key', 'posted meanwhile');
    a.log.append('meanwhile');
    expect(a.texts).toEqual(['before', 'meanwhile']);
    const [emptiedOfA, emptiedOfB] = [a.emptied, b.emptied];
    await server?.startAgain();

    await eventually(() => expect([a.emptied > emptiedOfA, b.emptied > emptiedOfB]).toEqual([true, true]), 20_000);
    await eventually(() => expect(b.latest).toEqual({ key: 'posted meanwhile' }));
    await eventually(() => {
      const { name, kept = [] } = b.begun.at(-1) ?? {};
      expect([...kept, ...b.texts.slice(1)]).toEqual(['meanwhile']);
      expect(name).toBe(a.begun.at(-1)?.name);
      expect(name).not.toBe(nameBefore);
    });
  });

  withNats('for a moment has missed nothing: no log begins anew, no item is lost or comes twice', async () => {
    const [a, b] = [await join(natsBus(cluster)), await join(natsBus(cluster))];
    await Promise.all([a.joined(), b.joined()]);
    const begun = a.begun.length;
    server?.signal('SIGSTOP');
    for (let n = 1; n <= 20; n += 1) a.log.append(`item ${n}`);
    a.bus.values.post('key', 'value');
    server?.signal('SIGCONT');
    await eventually(() => expect(b.texts).toEqual(numbered('item ', 20)));
    await eventually(() => expect(b.latest).toEqual({ key: 'value' }));
    expect(a.items).toEqual(b.items);
    expect(a.begun).toHaveLength(begun);
  });

  withNats('for one replica only is followed where that replica had stopped', async () => {
    const network = await DatabaseNetwork.to({ url: server?.url ?? '' });
    try {
      const [a, b] = [await join(natsBus(cluster, { servers: [network.url] })), await join(natsBus(cluster))];
      await Promise.all([a.joined(), b.joined()]);
      b.log.append('before');
      await eventually(() => expect(a.texts).toEqual(['before']));
      const begun = a.begun.length;
      await network.cut();
      await eventually(() => expect(a.bus.ask('shard.1', null, 100)).rejects.toThrow(NobodyAnswersError));
      b.log.append('by b');
      a.log.append('by a');
      await network.restore();
      await eventually(() => expect(a.texts.toSorted()).toEqual(['before', 'by a', 'by b']));
      await eventually(() => expect(b.items).toEqual(a.items));
      expect(a.begun).toHaveLength(begun);
      await a.bus.stop();
    } finally {
      await network.close();
    }
  });

  withNats('and is not there at the start keeps nobody waiting', async () => {
    await server?.kill();
    const a = await join(natsBus(cluster));
    a.log.append('alone');
    expect(a.items).toEqual([[1, 'alone']]);
    await server?.startAgain();
    await a.joined();
    await eventually(() => expect([...(a.begun.at(-1)?.kept ?? []), ...a.texts.slice(1)]).toEqual(['alone']));
  });
});

describe('a NATS server that asks who connects', () => {
  /** Starts a replica with these settings. `joined` resolves when it hears the others, `refused` with its first warning. */
  async function aReplica({ url }: NatsServer, settings: Partial<NatsSettings>) {
    const logger = silentLogger();
    const others = { servers: [url], cluster: 'c', replicaId: randomUUID(), streamReplicas: 1 };
    const bus = new NatsBus({ ...others, ...settings }, logger);
    const joined = new Promise<'joined'>((resolve) => {
      bus.values.follow({ onValue: () => undefined, onEmptied: () => resolve('joined') });
    });
    const refused = new Promise<string>((resolve) => {
      jest.spyOn(logger, 'warn').mockImplementation((...line: unknown[]) => resolve(inspect(line, { depth: 10 })));
    });
    await bus.start();
    return { bus, joined, refused };
  }

  async function joins(guarded: NatsServer, settings: Partial<NatsSettings>): Promise<void> {
    const { bus, joined } = await aReplica(guarded, settings);
    await joined;
    await bus.stop();
  }

  /** @returns what is logged */
  async function isRefused(guarded: NatsServer, settings: Partial<NatsSettings>): Promise<string> {
    const { bus, joined, refused } = await aReplica(guarded, settings);
    const log = await Promise.race([joined, refused]);
    await bus.stop();
    expect(log).toContain('NATS cannot be reached');
    return log;
  }

  withNats(
    'lets in a replica with the token, over TLS with a certificate that it trusts, and nothing is logged of the token',
    async () => {
      const { authority, otherAuthority, valid } = await testCertificates();
      const token = 'a-token-that-nobody-may-see';
      const guarded = await NatsServer.start(`authorization { token: "${token}" }`, valid);
      try {
        const trusts = { ca: authority.cert };
        await joins(guarded, { token, tls: trusts });
        const logs = [
          await isRefused(guarded, { token: 'another-token', tls: trusts }),
          await isRefused(guarded, { tls: trusts }),
          await isRefused(guarded, { token, tls: { ca: otherAuthority.cert } }),
        ];
        for (const log of logs) expect(log).not.toMatch(/a-token|another-token|BEGIN/);
      } finally {
        await guarded.destroy();
      }
    },
  );
});
