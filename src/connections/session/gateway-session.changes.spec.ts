/** @jest-environment node */
import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import type { PublicGateway } from '../../events/domain-events';
import { seededRandom } from '../../../simulator/seeded-random';
import { CONNECTION_STATES } from '../../status/connection-state';
import type { StatusState } from '../../status/connection-state';
import {
  LONG_MS,
  aDiallingSession,
  aGateway,
  aLiveSession,
  aSession,
  aTarget,
  accept,
  anError,
  closedWith,
  refuse,
  refused,
  settle,
} from './gateway-session.harness';

useFakeTimersInTests();

describe('one socket at a time', () => {
  it('LIFECYCLE-02: dials the new address only when the old socket is gone', async () => {
    const { session, transport, socket, record } = await aLiveSession();
    const changed = aGateway({ connectionVersion: 2, revision: 2 });
    session.provide(aTarget(changed));
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(socket.isClosing).toBe(true);
    expect(transport.sockets).toHaveLength(1);
    expect(record.state).toBe('connecting');

    socket.ends();
    await settle();
    expect(transport.sockets).toHaveLength(2);
    expect(transport.last.url).toBe('ws://10.0.0.7:5002');
  });

  it('dials only the last of several changes made while the old socket closes', async () => {
    const { session, transport, socket } = await aLiveSession();
    for (const connectionVersion of [2, 3, 4, 5]) {
      session.provide(aTarget(aGateway({ connectionVersion, revision: connectionVersion })));
      await settle();
    }
    socket.ends();
    await settle();
    expect(transport.sockets.map(({ url }) => url)).toEqual(['ws://10.0.0.7:5001', 'ws://10.0.0.7:5005']);
    expect(transport.mostAtOnce).toBe(1);
  });

  it('dials nothing when the operator disconnects while the old socket closes', async () => {
    const { session, transport, socket } = await aLiveSession();
    session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
    session.apply(aGateway({ connectionVersion: 2, revision: 3, desiredState: 'disconnected' }));
    socket.ends();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits for the old socket even after the gateway was disconnected and connected again', async () => {
    const { session, transport, socket } = await aLiveSession();
    session.apply(aGateway({ revision: 2, desiredState: 'disconnected' }));
    session.apply(aGateway({ revision: 3 }));
    session.connect();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
    socket.ends();
    await settle();
    expect(transport.sockets).toHaveLength(2);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'is never exceeded in any sequence of orders and other events: seed %d',
    async (seed) => {
      const random = seededRandom(seed);
      jest.spyOn(Math, 'random').mockImplementation(random); // The back-off uses it: makes each storm reproducible.
      const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
      const { session, transport, logins, record } = await aDiallingSession();
      let gateway = aGateway();
      const change = (changes: Partial<PublicGateway>) => {
        gateway = { ...gateway, ...changes, revision: gateway.revision + 1 };
        session.apply(gateway);
      };
      const seen = new Set<StatusState>();
      const acts: (() => unknown)[] = [
        () => session.connect(),
        () => change({ desiredState: 'connected' }),
        () => change({ desiredState: 'disconnected' }),
        () => change({ connectionVersion: gateway.connectionVersion + 1 }),
        () => session.provide(aTarget(gateway)),
        () => session.provide(aTarget(gateway)),
        () => pick(transport.living)?.opens(),
        () => pick(transport.sockets)?.says(accept),
        () => pick(transport.sockets)?.says(refuse),
        () => pick(transport.living)?.says(accept),
        () => pick(transport.living)?.says(accept),
        () => pick(transport.living)?.says(refuse),
        () => pick(transport.sockets)?.says(anError(null)),
        () => pick(transport.living)?.ends(),
        () => pick(transport.sockets)?.listener.onPong(),
        () => pick(transport.living)?.listener.onClosing(closedWith(1001)),
        () => (logins.verdict = pick(['granted', 'granted', 'granted', 'spent', 'outdated'] as const) ?? 'granted'),
        () => (logins.isAway = random() < 0.2),
        () => jest.advanceTimersByTimeAsync(random() * 20_000),
        () => jest.advanceTimersByTimeAsync(0),
        () => jest.advanceTimersByTimeAsync(0), // Recording a login takes several turns of the event loop.
      ];
      for (let i = 0; i < 6000; i += 1) {
        await pick(acts)?.();
        seen.add(record.state);
        if (record.state === 'connected') expect(transport.living.filter(({ isOpen }) => isOpen)).toHaveLength(1);
      }
      expect(transport.sockets.length).toBeGreaterThanOrEqual(100);
      expect(seen).toEqual(new Set(CONNECTION_STATES));
      expect(transport.mostAtOnce).toBe(1);

      Object.assign(logins, { verdict: 'granted', isAway: false });
      change({ desiredState: 'connected' });
      session.provide(aTarget(gateway));
      session.connect();
      for (const closing of transport.living.filter(({ isClosing }) => isClosing)) closing.ends();
      await jest.advanceTimersByTimeAsync(LONG_MS);
      expect(transport.last.url).toBe(aTarget(gateway).url);
      const stopped = session.stop();
      transport.living.forEach((socket) => socket.ends());
      await stopped;
      expect(jest.getTimerCount()).toBe(0);
    },
  );
});

describe('a session whose gateway row changes', () => {
  it('LIFECYCLE-02: stays connected when only the description changed', async () => {
    const { session, socket, record, transport } = await aLiveSession();
    const { since } = record;
    session.apply(aGateway({ name: 'Renamed', label: 'GW-2', revision: 2 }));
    session.provide(aTarget(aGateway({ name: 'Renamed', label: 'GW-2', revision: 2 })));
    await settle();
    expect(record).toMatchObject({ state: 'connected', since, gateway: { name: 'Renamed', label: 'GW-2' } });
    expect(transport.sockets).toEqual([socket]);
    expect(socket.isClosing).toBe(false);
  });

  it('ignores a change that is older than the last one', async () => {
    const { session, record, transport } = await aLiveSession();
    session.apply(aGateway({ revision: 3, name: 'Newest' }));
    session.apply(aGateway({ revision: 2, name: 'Older', desiredState: 'disconnected' }));
    expect(record).toMatchObject({ state: 'connected', gateway: { name: 'Newest' } });
    expect(transport.last.isClosing).toBe(false);
  });

  it('does not dial an outdated address, but waits for the new one', async () => {
    const { session, transport, record, socket } = await aLiveSession();
    session.apply(aGateway({ connectionVersion: 2, revision: 2 }));
    socket.ends();
    session.provide(aTarget(aGateway())); // A read that began before the change.
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
    expect(record.state).toBe('connecting');

    session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
    await settle();
    expect(transport.last.url).toBe('ws://10.0.0.7:5002');
  });

  it('does not return to an older address after a late read', async () => {
    const { session, transport, socket } = await aLiveSession();
    session.provide(aTarget(aGateway({ connectionVersion: 2, revision: 2 })));
    session.provide(aTarget(aGateway()));
    socket.ends();
    await settle();
    transport.last.ends(refused);
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets.map(({ url }) => url.at(-1))).toEqual(['1', '2', '2']);
  });

  it('redials without being given the row again', async () => {
    const { transport, socket } = await aLiveSession();
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.logsIn();
    expect(transport.sockets).toHaveLength(2);
    expect(transport.last.types).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
  });

  it('is out of date when the row has another revision', () => {
    const { session } = aSession();
    expect(session.isOutdated(aGateway())).toBe(false);
    expect(session.isOutdated(aGateway({ revision: 2 }))).toBe(true);
  });
});
