import type { LookupAddress } from 'node:dns';
import { HostResolver } from './host-resolver';

/** A name server whose answers come when the test says so. */
function aNameServer() {
  const asked: string[] = [];
  const pending = new Map<string, { answer: () => void; fail: () => void }>();
  const find = (host: string) =>
    new Promise<LookupAddress[]>((resolve, reject) => {
      asked.push(host);
      pending.set(host, {
        answer: () => resolve([{ address: '127.0.0.1', family: 4 }]),
        fail: () => reject(new Error('ENOTFOUND')),
      });
    });
  return {
    asked,
    find,
    answer: (host: string) => pending.get(host)?.answer(),
    fail: (host: string) => pending.get(host)?.fail(),
  };
}

async function failOnce(resolver: HostResolver, server: ReturnType<typeof aNameServer>, host: string): Promise<void> {
  const failed = resolver.resolve(host);
  await Promise.resolve();
  server.fail(host);
  await expect(failed).rejects.toThrow();
}

describe('HostResolver', () => {
  it.each(['10.0.0.7', '::1'])('asks nobody for an address: %s', async (host) => {
    const server = aNameServer();
    await expect(new HostResolver(server.find).resolve(host)).resolves.toMatchObject([{ address: host }]);
    expect(server.asked).toEqual([]);
  });

  it('asks once for a host that many want at the same time', async () => {
    const server = aNameServer();
    const resolver = new HostResolver(server.find);
    const all = Promise.all([resolver.resolve('a'), resolver.resolve('a'), resolver.resolve('a')]);
    await Promise.resolve();
    server.answer('a');
    expect((await all).map(([first]) => first?.address)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    expect(server.asked).toEqual(['a']);
  });

  it('lets names that failed last wait for each other, and not delay the others', async () => {
    const server = aNameServer();
    const resolver = new HostResolver(server.find);
    for (const host of ['bad1', 'bad2', 'bad3']) await failOnce(resolver, server, host);
    server.asked.length = 0;

    const again = ['bad1', 'bad2', 'bad3'].map((host) => resolver.resolve(host).catch(() => null));
    const good = resolver.resolve('good');
    await new Promise(setImmediate);
    expect(server.asked).toEqual(['bad1', 'good']);

    server.answer('good');
    await expect(good).resolves.toHaveLength(1);
    for (const host of ['bad1', 'bad2', 'bad3']) {
      await new Promise(setImmediate);
      server.fail(host);
    }
    await Promise.all(again);
  });
});
