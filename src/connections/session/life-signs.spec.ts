import { Heartbeat } from './heartbeat';
import { LifeSigns } from './life-signs';

const DOUBT_MS = 5250;
const dyn = { type: 'RTN_DYN', data: {} };

function aWatch() {
  const gateway = {
    ping: jest.fn(),
    send: jest.fn<unknown, [string]>(),
    onSilence: jest.fn(),
    onLiveness: jest.fn(),
  };
  const signs = new LifeSigns(new Heartbeat({ intervalMs: 15_000, timeoutMs: 10_000 }), gateway);
  return { gateway, signs };
}

describe('LifeSigns', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
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

  it.each(['RTN_DYN', 'RTN_ERR'])('asks instead of pinging from the first %s to its question on', (type) => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    signs.messageReceived({ type, data: {} });
    expect(gateway.onLiveness.mock.calls).toEqual([['probe']]);

    gateway.send.mockImplementation(() => signs.messageReceived(dyn));
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
    signs.messageReceived(dyn);
    jest.advanceTimersByTime(14_000);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    expect(gateway.send).not.toHaveBeenCalled();
    signs.stop();
  });

  it.each([{ type: 'NOT_DYN_TEMP', data: {} }, null])('does not take %j for the answer to its question', (frame) => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    signs.messageReceived(frame);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    signs.stop();
  });

  it('goes on with pings when the pong was only late', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    signs.pongReceived();
    signs.messageReceived(dyn);
    expect(gateway.onLiveness).not.toHaveBeenCalled();
    signs.stop();
  });

  it('goes back to pings when a pong comes after all', () => {
    const { gateway, signs } = aWatch();
    jest.advanceTimersByTime(DOUBT_MS);
    signs.messageReceived(dyn);
    signs.pongReceived();
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
    signs.messageReceived(dyn);
    jest.advanceTimersByTime(15_250 - DOUBT_MS);
    expect(gateway.send).toHaveBeenCalledTimes(2);
    jest.advanceTimersByTime(10_000);
    expect(gateway.onSilence).toHaveBeenCalledTimes(1);
    signs.stop();
  });
});
