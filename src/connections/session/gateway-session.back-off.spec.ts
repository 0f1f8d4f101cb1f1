/** @jest-environment node */
import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { toConnectionStatusDto } from '../../status/connection-status.dto';
import { DialPacer } from './dial-pacer';
import {
  LONG_MS,
  aDiallingSession,
  aGateway,
  aLiveSession,
  aSession,
  aTarget,
  answerPings,
  refused,
  settle,
} from './gateway-session.harness';

useFakeTimersInTests();

describe('back-off', () => {
  it('LIFECYCLE-05: waits between half and all of 1, 2, 4 … 30 s, without end, and shows until when', async () => {
    const { transport, socket, record } = await aDiallingSession();
    socket.ends(refused);
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      const fullMs = Math.min(30_000, 1000 * 2 ** (attempt - 1));
      const waitMs = (record.nextRetryAt ?? 0) - performance.now();
      expect(record).toMatchObject({ state: 'reconnecting', attempt, reason: { code: 'connect_refused' } });
      expect(waitMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(waitMs).toBeLessThanOrEqual(fullMs);

      await jest.advanceTimersByTimeAsync(waitMs - 1);
      expect(transport.sockets).toHaveLength(attempt);
      await jest.advanceTimersByTimeAsync(1);
      expect(transport.sockets).toHaveLength(attempt + 1);
      expect(record).toMatchObject({ state: 'connecting', nextRetryAt: null, reason: { code: 'connect_refused' } });
      transport.last.ends(refused);
    }
  });

  it.each([
    ['two hours back', -7_200_000],
    ['a year ahead', 31_536_000_000],
  ])('dials on time, and shows the right time, when the clock is set %s meanwhile', async (_, byMs) => {
    const { transport, socket, record } = await aDiallingSession();
    const { since } = toConnectionStatusDto(record);
    socket.ends(refused);
    jest.setSystemTime(Date.now() + byMs);

    const status = toConnectionStatusDto(record);
    const waitMs = Date.parse(status.next_retry_at ?? '') - Date.now();
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(1000);
    expect(Date.parse(status.since) - Date.parse(since)).toBe(byMs);
    await jest.advanceTimersByTimeAsync(waitMs);
    expect(transport.sockets).toHaveLength(2);
  });

  it('is reset only after a session is stable for 30 s', async () => {
    const { transport, socket, record } = await aLiveSession();
    socket.ends();
    await jest.advanceTimersByTimeAsync(1000);
    transport.last.logsIn();
    answerPings(transport.last);
    await jest.advanceTimersByTimeAsync(29_999);
    expect(record).toMatchObject({ state: 'connected', attempt: 1, reconnects: 1 });
    await jest.advanceTimersByTimeAsync(1);
    expect(record).toMatchObject({ state: 'connected', attempt: 0 });
  });

  it('continues for a gateway that accepts and drops at once', async () => {
    const { transport, socket, record } = await aLiveSession();
    socket.ends();
    for (let attempt = 2; attempt <= 5; attempt += 1) {
      await jest.advanceTimersByTimeAsync(30_000);
      transport.last.logsIn();
      transport.last.ends();
      expect(record.attempt).toBe(attempt);
    }
  });

  it('STATUS-02: ends at once when the operator connects, and leaves no timer', async () => {
    const { session, transport, socket, record } = await aDiallingSession();
    socket.ends(refused);
    session.connect();
    session.connect();
    await settle();
    expect(transport.sockets).toHaveLength(2);
    expect(record).toMatchObject({ state: 'connecting', nextRetryAt: null });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not dial for an order to connect that a disconnect has overtaken', async () => {
    const { session, transport, socket } = await aLiveSession();
    session.apply(aGateway({ revision: 2, desiredState: 'disconnected' }));
    session.connect();
    socket.ends();
    await jest.advanceTimersByTimeAsync(LONG_MS);
    expect(transport.sockets).toHaveLength(1);
  });

  it('puts an order before repeated failures, even if the session already waits among them', async () => {
    const pacer = new DialPacer(10);
    const { session, transport, socket, record } = await aDiallingSession(
      { pacer },
      { login: { accepted: false, refusals: 0, nextLoginAt: null } },
    );
    socket.ends(refused);
    // Queues more repeated dials, ahead of the session's own, than the pacer serves in this test.
    for (let i = 0; i < 1000; i += 1) void pacer.turn('repeated', new AbortController().signal);
    await jest.advanceTimersByTimeAsync(1000);
    expect(record.state).toBe('connecting');
    expect(transport.sockets).toHaveLength(1);

    session.connect();
    await jest.advanceTimersByTimeAsync(200);
    expect(transport.sockets).toHaveLength(2);
    expect(record.attempt).toBe(1);
  });

  it('keeps the place of the session among fresh dials after an order', async () => {
    const pacer = new DialPacer(10);
    for (let i = 0; i < 5; i += 1) void pacer.turn('fresh', new AbortController().signal);
    const { session, transport } = aSession(aGateway(), { pacer });
    session.provide(aTarget(aGateway()));
    await settle();
    for (let i = 0; i < 50; i += 1) void pacer.turn('fresh', new AbortController().signal);
    session.connect();
    await jest.advanceTimersByTimeAsync(700);
    expect(transport.sockets).toHaveLength(1);
  });
});
