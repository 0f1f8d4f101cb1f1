import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { PRIORITY, toCommand } from '../../gateway-client/conversation/command';
import type { Command } from '../../gateway-client/conversation/command';
import { silentLogger } from '../../../test/unit-support/silent-logger';
import { Heartbeat } from './heartbeat';
import { LONG_MS, aDiallingSession, aGateway, aTarget, aLiveSession, settle } from './gateway-session.harness';
import type { DialledHarness } from './gateway-session.harness';

useFakeTimersInTests();

describe('liveness', () => {
  it('shows the round trip of the last ping, and none after the socket is gone', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(250);
    expect(socket.pings).toBe(1);
    await jest.advanceTimersByTimeAsync(42);
    socket.listener.onPong();
    expect(record.latencyMs).toBe(42);
    expect(record.lastSeenAt).toBe(performance.now());
    socket.ends();
    expect(record.latencyMs).toBeNull();
  });

  it('treats an unrequested pong as a sign of life only', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(250);
    socket.listener.onPong();
    await jest.advanceTimersByTimeAsync(5000);
    socket.listener.onPong();
    expect(record).toMatchObject({ latencyMs: 0, lastSeenAt: performance.now() });
  });

  it('closes a connection without a sign of life for 10 s after a ping, and redials when its socket is gone', async () => {
    const { record, socket, transport } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(10_600);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'heartbeat_timeout', step: 'live' } });
    expect(socket.isClosing).toBe(true);
    expect(socket.isOpen).toBe(false);
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
    socket.ends();
    await settle();
    expect(transport.sockets).toHaveLength(2);
  });

  it('pings only once it is logged in', async () => {
    const { socket } = await aDiallingSession({
      settings: { loginTimeoutMs: 100_000, stableAfterMs: 30_000, authRetryMs: 300_000 },
    });
    socket.opens();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(socket.pings).toBe(0);
  });

  it('keeps the connection while a probe waits for the end of the subscription', async () => {
    const heartbeat = new Heartbeat({ intervalMs: 200, timeoutMs: 1000 });
    const { record, socket } = await aLiveSession({ heartbeat });
    await jest.advanceTimersByTimeAsync(1499);
    expect(socket.types).toEqual(['POST_LOGIN', 'POST_SUB_CHANGES']);
    expect(record.state).toBe('connected');
    await jest.advanceTimersByTimeAsync(1);
    expect(socket.types.at(-1)).toBe('GET_DYN_CONNECTED');
    socket.says('{"Type":"RTN_DYN","Data":{}}');
    expect(record).toMatchObject({ state: 'connected', liveness: 'probe' });
  });

  it('ends the connection when the probe is not answered either, even if it had to wait', async () => {
    const heartbeat = new Heartbeat({ intervalMs: 200, timeoutMs: 1000 });
    const { record } = await aLiveSession({ heartbeat });
    await jest.advanceTimersByTimeAsync(2500);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'heartbeat_timeout' } });
  });

  it('probes a gateway that ignores pings, and shows that in the record', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(5500);
    expect(socket.types.at(-1)).toBe('GET_DYN_CONNECTED');
    expect(record.liveness).toBe('ping');
    socket.says('{"Type":"RTN_DYN","Data":{}}');
    expect(record).toMatchObject({ state: 'connected', liveness: 'probe', latencyMs: null });

    await jest.advanceTimersByTimeAsync(15_000);
    expect(socket.pings).toBe(1);
    socket.says('{"Type":"RTN_DYN","Data":{}}');
    expect(record.state).toBe('connected');
  });

  it('uses pings again on the next socket', async () => {
    const { record, socket, transport } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(5500);
    socket.says('{"Type":"RTN_DYN","Data":{}}');
    socket.ends();
    expect(record.liveness).toBe('ping');
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.logsIn();
    await jest.advanceTimersByTimeAsync(15_000);
    expect(transport.last.pings).toBe(1);
  });

  it('treats a ping from the gateway as a sign of life', async () => {
    const { record, socket } = await aLiveSession();
    await jest.advanceTimersByTimeAsync(9000);
    socket.listener.onPing();
    await jest.advanceTimersByTimeAsync(5000);
    expect(record).toMatchObject({ state: 'connected', latencyMs: null, liveness: 'ping' });
  });
});

describe('a gateway that collects a large part of its history', () => {
  const HISTORY = toCommand({ type: 'GET_DYN_READINGS', max: 25 }, { priority: PRIORITY.catchUp, deadlineMs: 120_000 });
  const REPLY = '{"Type":"RTN_DYN_READINGS","Data":[]}';

  /** A session with a command in flight. */
  async function aBusySession(command: Command): Promise<DialledHarness> {
    const harness = await aLiveSession();
    await jest.advanceTimersByTimeAsync(2000); // Until the subscription counts as accepted.
    harness.socket.listener.onPong();
    harness.session.execute(command, () => undefined);
    expect(harness.socket.types.at(-1)).toBe(command.type);
    return harness;
  }

  it('is shown as busy until the reply is complete', async () => {
    const { record, socket } = await aBusySession(HISTORY);
    const busy = { command: 'GET_DYN_READINGS', since: performance.now() };
    expect(record.busy).toEqual(busy);
    await jest.advanceTimersByTimeAsync(8000);
    socket.receives(1000);
    expect(record.busy).toEqual(busy);
    socket.says(REPLY);
    expect(record.busy).toBeNull();
  });

  it('may be silent for a minute after a ping', async () => {
    const { record, socket } = await aBusySession(HISTORY);
    await jest.advanceTimersByTimeAsync(13_250 + 59_700);
    expect(record).toMatchObject({ state: 'connected', busy: { command: 'GET_DYN_READINGS' } });
    socket.says(REPLY);
    await jest.advanceTimersByTimeAsync(5000);
    expect(record).toMatchObject({ state: 'connected', busy: null });
  });

  it('is lost after that, and is not shown as busy', async () => {
    const { record } = await aBusySession(HISTORY);
    await jest.advanceTimersByTimeAsync(13_250 + 60_500);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'heartbeat_timeout' }, busy: null });
  });

  it('is lost as early as any other once a part of the reply has arrived', async () => {
    const { record, socket } = await aBusySession(HISTORY);
    await jest.advanceTimersByTimeAsync(12_000);
    socket.receives(1000);
    await jest.advanceTimersByTimeAsync(1250 + 10_500);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'heartbeat_timeout' }, busy: null });
  });

  it('is lost as early as any other while it carries out a short command', async () => {
    const { record } = await aBusySession(
      toCommand({ type: 'GET_DYN' }, { priority: PRIORITY.order, deadlineMs: 30_000 }),
    );
    expect(record.busy).toBeNull();
    await jest.advanceTimersByTimeAsync(13_250 + 10_500);
    expect(record).toMatchObject({ state: 'reconnecting', reason: { code: 'heartbeat_timeout' } });
  });
});

describe('the certificate of a gateway', () => {
  it.each([
    [true, null],
    [false, null],
    [null, null],
  ])('is shown as the socket reports it (%s), and not without a socket', async (isVerified, without) => {
    const { record, socket } = await aDiallingSession();
    expect(record.tlsVerified).toBe(without);
    socket.opens(isVerified);
    expect(record.tlsVerified).toBe(isVerified);
    socket.ends();
    expect(record.tlsVerified).toBe(without);
  });

  it('is shown as not verified even without a socket, when verification is off', async () => {
    const { record, socket } = await aDiallingSession({}, { url: 'wss://10.0.0.7', tls: { insecure: true } });
    expect(record.tlsVerified).toBe(false);
    socket.ends();
    expect(record.tlsVerified).toBe(false);
  });

  it('causes one warning when it is not verified', async () => {
    const logger = silentLogger();
    const warn = jest.spyOn(logger, 'warn');
    const tls = { insecure: true };
    const { session } = await aDiallingSession({ logger }, { url: 'wss://10.0.0.7', tls });
    session.provide(aTarget(aGateway(), { url: 'wss://10.0.0.7', tls }));
    expect(warn).toHaveBeenCalledTimes(1);
  });
});
