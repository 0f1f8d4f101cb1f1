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
    isProbeRefused,
    onBytes: jest.fn(),
    onLoggedOut: jest.fn<unknown, [string]>(),
    ping: jest.fn(),
    send: jest.fn<undefined, [string]>(),
    probe: (onEnded: (outcome: CommandOutcome) => void) =>
      channel.send({ type: 'GET_DYN_CONNECTED', text: encode(probe), priority: 3, deadlineMs: 30_000 }, onEnded),
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

  it('pings, and asks nothing of a gateway that answers', () => {
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

  it('asks when a ping has been unanswered for half of its time', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS - 250);
    expect(gateway.send).not.toHaveBeenCalled();
    jest.advanceTimersByTime(250);
    expect(gateway.send.mock.calls).toEqual([['{"Type":"GET_DYN_CONNECTED","From":"UI","To":"SERV","Data":{}}']]);
    signs.stop();
  });

  it.each([dyn, anError('GET_DYN_CONNECTED')])('asks instead of pinging from the first answer on: %j', (answer) => {
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

  it('does not take a message for an answer that nobody asked for, but for a sign of life', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(1000);
    received(signs, dyn);
    jest.advanceTimersByTime(14_000);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    expect(gateway.send).not.toHaveBeenCalled();
    signs.stop();
  });

  it.each([{ type: 'NOT_DYN_TEMP', data: {} }, null])('does not take %j for the answer to its question', (frame) => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    received(signs, frame);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    signs.stop();
  });

  it('goes on with pings when the pong was only late', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    signs.pongReceived();
    received(signs, dyn);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    signs.stop();
  });

  it('goes back to pings when a pong comes after all', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    received(signs, dyn);
    expect(signs.pongReceived()).toBeNull(); // It may answer a ping of long ago.
    expect(gateway.onLiveness.mock.calls).toEqual([['probe'], ['ping']]);

    jest.advanceTimersByTime(15_000);
    expect(gateway.ping).toHaveBeenCalledTimes(2);
    signs.stop();
  });

  it('gives the round trip of a ping, and none of a pong that nobody asked for', () => {
    const { signs } = aWatch();
    jest.advanceTimersByTime(250);
    jest.advanceTimersByTime(42);
    expect(signs.pongReceived()).toBe(42);
    expect(signs.pongReceived()).toBeNull();
    signs.stop();
  });

  it('notices a dead gateway after the whole time, and no later because it asked in between', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(250 + 9750);
    expect(gateway.onSilence).not.toHaveBeenCalled();
    jest.advanceTimersByTime(500);
    expect(gateway.onSilence).toHaveBeenCalledTimes(1);
    signs.stop();
  });

  it('notices as soon when a gateway dies that is asked instead of pinged', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    received(signs, dyn);
    jest.advanceTimersByTime(15_250 - DOUBT_MS);
    expect(gateway.send).toHaveBeenCalledTimes(2);
    jest.advanceTimersByTime(10_000);
    expect(gateway.onSilence).toHaveBeenCalledTimes(1);
    signs.stop();
  });

  it('asks no gateway that is sending a large message, and none that the service does not read', () => {
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

    it('is asked for once in some twenty pings, and what is answered rightly changes nothing', () => {
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

    it('is noticed by an error in place of the answer', () => {
      const { gateway, signs } = aPonging();
      gateway.send.mockImplementation(answering(signs, anError('GET_DYN_CONNECTED')));
      jest.advanceTimersByTime(CHECK_MS);
      expect(gateway.onLoggedOut.mock.calls).toEqual([['Not logged in']]);
      expect(gateway.isProbeRefused).toBe(true);
      signs.stop();
    });

    it('is asked for when an error comes that nobody asked for, once a minute', () => {
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

    it('is asked for again when the error names no command, and may have been about something else', () => {
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

    it('is not concluded twice from a firmware that does not know the question, until it has answered it', () => {
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

    it('is noticed of a gateway that is asked instead of pinged', () => {
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
