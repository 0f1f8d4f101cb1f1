/** @jest-environment node */
import { CommandChannel } from '../../gateway-client/conversation/command-channel';
import type { CommandOutcome } from '../../gateway-client/conversation/command';
import { encode } from '../../gateway-client/protocol/codec';
import { probe } from '../../gateway-client/protocol/frames';
import type { InboundFrame } from '../../gateway-client/protocol/frames';
import { Heartbeat } from './heartbeat';
import { LifeSigns } from './life-signs';

const DOUBT_MS = 5250;
const CHECK_MS = 31 * 15_000;
const dyn = { type: 'RTN_DYN', data: {} };
const anError = (Attempt: string | null, Error = 'Not logged in') => ({ type: 'RTN_ERR', data: { Attempt, Error } });

/** The commands of the gateway of the current test. */
let channel: CommandChannel;

/** Handles a message as a session does. */
function received(signs: LifeSigns, frame: InboundFrame | null): void {
  signs.signOfLife();
  if (frame && !channel.receive(frame) && frame.type === 'RTN_ERR') signs.verify();
}

/** A `send` whose command is answered at once. */
function answering(signs: LifeSigns, frame: InboundFrame): () => undefined {
  return () => {
    received(signs, frame);
    return undefined;
  };
}

function aWatch({ isProbeRefused = false } = {}) {
  const gateway = {
    bytesReceived: 0,
    isHeld: false,
    isBusy: false,
    onBusy: jest.fn<undefined, [string | null]>(),
    isProbeRefused,
    onBytes: jest.fn(),
    onLoggedOut: jest.fn<unknown, [string]>(),
    ping: jest.fn(),
    send: jest.fn<undefined, [string]>(),
    keepMessages: jest.fn<undefined, [number | undefined]>(),
    probe: (onEnded: (outcome: CommandOutcome) => void) =>
      void channel.send({ type: 'GET_DYN_CONNECTED', text: encode(probe), priority: 3, deadlineMs: 30_000 }, onEnded),
    isReceiving: false,
    get isReplyDue() {
      return channel.isReplyDue;
    },
    onSilence: jest.fn(),
    onLiveness: jest.fn(),
  };
  channel = new CommandChannel(gateway, () => undefined);
  const signs = new LifeSigns(new Heartbeat({ intervalMs: 15_000, timeoutMs: 10_000 }), gateway);
  return { gateway, signs };
}

describe('LifeSigns', () => {
  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(0.5); // The first check comes at the twentieth ping.
  });
  afterEach(() => {
    jest.restoreAllMocks();
    channel.close();
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('pings, and does not probe a gateway that answers', () => {
    const { gateway, signs } = aWatch();
    gateway.ping.mockImplementation(() => {
      signs.signOfLife();
      signs.pongReceived();
    });
    jest.advanceTimersByTime(60_000);
    expect(gateway.ping).toHaveBeenCalledTimes(4);
    expect(gateway.send).not.toHaveBeenCalled();
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    signs.stop();
  });

  it('probes when a ping has been unanswered for half of the timeout', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS - 250);
    expect(gateway.send).not.toHaveBeenCalled();
    jest.advanceTimersByTime(250);
    expect(gateway.send.mock.calls).toEqual([['{"Type":"GET_DYN_CONNECTED","From":"UI","To":"SERV","Data":{}}']]);
    signs.stop();
  });

  it.each([dyn, anError('GET_DYN_CONNECTED')])('probes instead of pinging once a probe is answered: %j', (answer) => {
    const { gateway, signs } = aWatch({ isProbeRefused: true });
    jest.advanceTimersByTime(DOUBT_MS);
    received(signs, answer);
    expect(gateway.onLiveness.mock.calls).toEqual([['probe']]);

    gateway.send.mockImplementation(answering(signs, dyn));
    jest.advanceTimersByTime(60_000);
    expect(gateway.ping).toHaveBeenCalledTimes(1);
    expect(gateway.send).toHaveBeenCalledTimes(5);
    expect(gateway.onSilence).not.toHaveBeenCalled();
    expect(gateway.onLiveness).toHaveBeenCalledTimes(1);
    signs.stop();
  });

  it('treats an unrequested answer as a sign of life only', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(1000);
    received(signs, dyn);
    jest.advanceTimersByTime(14_000);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    expect(gateway.send).not.toHaveBeenCalled();
    signs.stop();
  });

  it.each([{ type: 'NOT_DYN_TEMP', data: {} }, null])('does not treat %j as the answer to a probe', (frame) => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    received(signs, frame);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    signs.stop();
  });

  it('keeps pinging when the pong was only late', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    signs.pongReceived();
    received(signs, dyn);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    signs.stop();
  });

  it('returns to pings when a pong arrives after all', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    received(signs, dyn);
    expect(signs.pongReceived()).toBeNull(); // It may answer a ping of long ago.
    expect(gateway.onLiveness.mock.calls).toEqual([['probe'], ['ping']]);

    jest.advanceTimersByTime(15_000);
    expect(gateway.ping).toHaveBeenCalledTimes(2);
    signs.stop();
  });

  it('returns the round trip of a ping, and null for an unrequested pong', () => {
    const { signs } = aWatch();
    jest.advanceTimersByTime(250);
    jest.advanceTimersByTime(42);
    expect(signs.pongReceived()).toBe(42);
    expect(signs.pongReceived()).toBeNull();
    signs.stop();
  });

  it('detects a dead gateway after the full timeout, which a probe in between does not extend', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(250 + 9750);
    expect(gateway.onSilence).not.toHaveBeenCalled();
    jest.advanceTimersByTime(500);
    expect(gateway.onSilence).toHaveBeenCalledTimes(1);
    signs.stop();
  });

  it('detects a dead gateway just as soon when it is probed instead of pinged', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    received(signs, dyn);
    jest.advanceTimersByTime(15_250 - DOUBT_MS);
    expect(gateway.send).toHaveBeenCalledTimes(2);
    jest.advanceTimersByTime(10_000);
    expect(gateway.onSilence).toHaveBeenCalledTimes(1);
    signs.stop();
  });

  it('does not probe a gateway that is sending a large message, nor while reading is paused', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(1000);
    gateway.bytesReceived = 5;
    jest.advanceTimersByTime(10_000);
    expect(gateway.onBytes).toHaveBeenCalledTimes(2);
    gateway.isHeld = true;
    jest.advanceTimersByTime(60_000);
    expect(gateway.send).not.toHaveBeenCalled();
    expect(gateway.onSilence).not.toHaveBeenCalled();
    signs.stop();
  });

  describe('a session that the gateway has logged out', () => {
    /** A gateway that answers pings. */
    function aPonging(changes = {}) {
      const watch = aWatch(changes);
      watch.gateway.ping.mockImplementation(() => {
        watch.signs.signOfLife();
        watch.signs.pongReceived();
      });
      return watch;
    }

    it('is checked for about every twentieth ping, and a correct answer changes nothing', () => {
      const { gateway, signs } = aPonging();
      gateway.send.mockImplementation(answering(signs, dyn));
      jest.advanceTimersByTime(CHECK_MS);
      expect(gateway.send).toHaveBeenCalledTimes(1);
      jest.advanceTimersByTime(20 * 15_000);
      expect(gateway.send).toHaveBeenCalledTimes(2);
      expect(gateway.onLoggedOut).not.toHaveBeenCalled();
      expect(gateway.onLiveness).not.toHaveBeenCalled();
      signs.stop();
    });

    it('is detected by an error in place of the answer', () => {
      const { gateway, signs } = aPonging();
      gateway.send.mockImplementation(answering(signs, anError('GET_DYN_CONNECTED')));
      jest.advanceTimersByTime(CHECK_MS);
      expect(gateway.onLoggedOut.mock.calls).toEqual([['Not logged in']]);
      expect(gateway.isProbeRefused).toBe(true);
      signs.stop();
    });

    it('is checked for after an unrequested error, at most once a minute', () => {
      const { gateway, signs } = aPonging();
      gateway.send.mockImplementation(answering(signs, dyn));
      for (let seconds = 0; seconds < 60; seconds += 1) {
        received(signs, anError(null, 'session expired'));
        jest.advanceTimersByTime(999);
      }
      expect(gateway.send).toHaveBeenCalledTimes(1);
      jest.advanceTimersByTime(1000);
      received(signs, anError('TAKE_DYN_READING', 'busy'));
      expect(gateway.send).toHaveBeenCalledTimes(2);
      expect(gateway.onLoggedOut).not.toHaveBeenCalled();
      signs.stop();
    });

    it('is checked for again when the error names no command, since it may be about something else', () => {
      const { gateway, signs } = aPonging();
      received(signs, anError(null));
      expect(gateway.send).toHaveBeenCalledTimes(1);
      received(signs, anError(null));
      expect(gateway.send).toHaveBeenCalledTimes(2);
      expect(gateway.onLoggedOut).not.toHaveBeenCalled();
      received(signs, anError(null));
      expect(gateway.onLoggedOut).toHaveBeenCalledTimes(1);
      signs.stop();
    });

    it('is not assumed again for a firmware that refuses the probe, until it has answered one', () => {
      const { gateway, signs } = aPonging({ isProbeRefused: true });
      const refuse = anError('GET_DYN_CONNECTED', 'Unknown message type');
      gateway.send.mockImplementation(answering(signs, refuse));
      jest.advanceTimersByTime(CHECK_MS);
      expect(gateway.send).toHaveBeenCalled();
      expect(gateway.onLoggedOut).not.toHaveBeenCalled();

      gateway.send.mockImplementation(answering(signs, dyn));
      jest.advanceTimersByTime(CHECK_MS);
      expect(gateway.isProbeRefused).toBe(false);
      gateway.send.mockImplementation(answering(signs, refuse));
      jest.advanceTimersByTime(CHECK_MS);
      expect(gateway.onLoggedOut).toHaveBeenCalledTimes(1);
      signs.stop();
    });

    it('is detected for a gateway that is probed instead of pinged', () => {
      const { gateway, signs } = aWatch();
      jest.advanceTimersByTime(DOUBT_MS);
      received(signs, dyn);
      gateway.send.mockImplementation(answering(signs, anError('GET_DYN_CONNECTED')));
      jest.advanceTimersByTime(15_000);
      expect(gateway.onLoggedOut).toHaveBeenCalledTimes(1);
      signs.stop();
    });
  });
});
