import type { EmbeddedPostgresEvent } from './keep-server';
import { backoffMs, keepServer } from './keep-server';
import type { RunningServer } from './server';

/** A server that ends when `die` is called, and counts the calls of `stop`. */
function fakeServer() {
  let die = (): void => undefined;
  const ended = new Promise<string>((resolve) => {
    die = () => resolve('SIGKILL');
  });
  const server = { port: 25_432, ended, die, stops: 0, stop: () => Promise.resolve(void (server.stops += 1)) };
  return server satisfies RunningServer;
}

function keep(first: RunningServer, restart: () => Promise<RunningServer>) {
  const events: EmbeddedPostgresEvent[] = [];
  const pauses: number[] = [];
  const stopping = new AbortController();
  const kept = keepServer(first, {
    restart,
    onEvent: (event) => events.push(event),
    signal: stopping.signal,
    pause: (ms) => Promise.resolve(void pauses.push(ms)),
  });
  const stop = () => {
    stopping.abort();
    return kept;
  };
  return { events, pauses, stop };
}

/** Resolves after the callbacks of settled promises have run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('keepServer', () => {
  it('leaves a live server alone until it is stopped', async () => {
    const server = fakeServer();
    const { events, stop } = keep(server, () => Promise.reject(new Error('must not restart')));
    await settled();

    await stop();

    expect(events).toEqual([]);
    expect(server.stops).toBe(1);
  });

  it('reports the exit of the server, each failed restart, and the successful one', async () => {
    const [first, second] = [fakeServer(), fakeServer()];
    const problem = new Error('port taken');
    const answers = [() => Promise.reject(problem), () => Promise.resolve(second)];
    const { events, pauses, stop } = keep(first, () => answers.shift()?.() ?? Promise.reject(problem));

    first.die();
    await settled();
    await stop();

    expect(events).toEqual([
      { type: 'died' },
      { type: 'restartFailed', attempt: 1, error: problem },
      { type: 'restarted', attempt: 2 },
    ]);
    expect(pauses).toEqual([100, 200]);
    expect([first.stops, second.stops]).toEqual([0, 1]);
  });

  it('waits longer before each restart of a server that exits at once', async () => {
    const servers = [fakeServer(), fakeServer(), fakeServer()] as const;
    const rest = [servers[1], servers[2]];
    const { pauses, stop } = keep(servers[0], () => Promise.resolve(rest.shift() ?? fakeServer()));

    for (const server of servers) {
      server.die();
      await settled();
    }
    await stop();

    expect(pauses).toEqual([100, 200, 400]);
  });

  it('starts nothing once it is stopped', async () => {
    const server = fakeServer();
    const restart = jest.fn(() => Promise.resolve(fakeServer()));
    const { events, stop } = keep(server, restart);

    server.die();
    await stop();

    expect(restart).not.toHaveBeenCalled();
    expect(events).toEqual([]);
  });

  it('stops a server whose restart completes during the stop', async () => {
    const [first, second] = [fakeServer(), fakeServer()];
    let arrive = (): void => undefined;
    const restarted = new Promise<RunningServer>((resolve) => {
      arrive = () => resolve(second);
    });
    const { stop } = keep(first, () => restarted);
    first.die();
    await settled();

    const stopped = stop();
    arrive();
    await stopped;

    expect(second.stops).toBe(1);
  });
});

describe('backoffMs', () => {
  it('doubles from 100 ms to 5 s, and then stays at 5 s', () => {
    expect([1, 2, 3, 6, 7, 8, 5000].map(backoffMs)).toEqual([100, 200, 400, 3200, 5000, 5000, 5000]);
  });
});
