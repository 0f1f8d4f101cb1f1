/** @jest-environment node */
import { Heartbeat } from './heartbeat';

const settings = { intervalMs: 15_000, timeoutMs: 10_000 };

function aPatient() {
  return {
    bytesReceived: 0,
    isBusy: false,
    hasReceivedSince(bytes: number): boolean {
      return this.bytesReceived > bytes;
    },
    ping: jest.fn(),
    onDoubt: jest.fn(),
    onBytes: jest.fn(),
    onSilence: jest.fn(),
  };
}

describe('Heartbeat', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  it('pings once an interval', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    connection.ping.mockImplementation(() => watch.signOfLife());
    jest.advanceTimersByTime(60_000);
    expect(connection.ping).toHaveBeenCalledTimes(4);
    expect(connection.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('reports silence after the full timeout, and not before', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(250);
    expect(connection.ping).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(9900);
    expect(connection.onSilence).not.toHaveBeenCalled();
    jest.advanceTimersByTime(500);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('accepts any sign of life after the ping', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(9000);
    watch.signOfLife();
    jest.advanceTimersByTime(6000);
    expect(connection.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('treats new bytes as a sign of life, and reports within an interval and a timeout that they stopped', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    for (let seconds = 0; seconds < 40; seconds += 1) {
      connection.bytesReceived += 75_000;
      jest.advanceTimersByTime(1000);
    }
    expect(connection.onDoubt).not.toHaveBeenCalled();
    expect(connection.onSilence).not.toHaveBeenCalled();
    expect(connection.onBytes).toHaveBeenCalled();
    jest.advanceTimersByTime(25_500);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('bears the silence of a busy gateway six times as long, and no longer', () => {
    const connection = { ...aPatient(), isBusy: true };
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(250 + 59_900);
    expect(connection.onSilence).not.toHaveBeenCalled();
    jest.advanceTimersByTime(500);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('bears silence as long as usual again when the gateway is no longer busy, or has given a sign of life', () => {
    const [freed, alive] = [
      { ...aPatient(), isBusy: true },
      { ...aPatient(), isBusy: true },
    ];
    const heartbeat = new Heartbeat(settings);
    const watches = [freed, alive].map((connection) => heartbeat.watch(connection));
    jest.advanceTimersByTime(35_000);
    freed.isBusy = false;
    watches[1]?.signOfLife();
    alive.isBusy = false;
    jest.advanceTimersByTime(5500);
    expect([freed, alive].map(({ onSilence }) => onSilence.mock.calls.length)).toEqual([1, 0]);
    jest.advanceTimersByTime(15_500);
    expect(alive.onSilence).toHaveBeenCalledTimes(1);
    watches.forEach((watch) => watch.stop());
  });

  it('does not count bytes that came before the ping', () => {
    const connection = aPatient();
    connection.bytesReceived = 1000;
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(10_500);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('does not extend the timeout with each unanswered ping', () => {
    const connection = aPatient();
    const watch = new Heartbeat({ intervalMs: 6000, timeoutMs: 10_000 }).watch(connection);
    jest.advanceTimersByTime(10_400);
    expect(connection.ping).toHaveBeenCalledTimes(2);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('reports doubt at half of the timeout, and not again before the next ping', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(250 + 4750);
    expect(connection.onDoubt).not.toHaveBeenCalled();
    jest.advanceTimersByTime(250);
    expect(connection.onDoubt).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(5000);
    expect(connection.onDoubt).toHaveBeenCalledTimes(1);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('reports no doubt after a sign of life since the ping', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(4000);
    watch.signOfLife();
    jest.advanceTimersByTime(10_000);
    expect(connection.onDoubt).not.toHaveBeenCalled();
    watch.stop();
  });

  it('reports no doubt about a connection that is given up at the same tick', () => {
    const connection = aPatient();
    const watch = new Heartbeat({ intervalMs: 600, timeoutMs: 10 }).watch(connection);
    connection.onSilence.mockImplementation(() => watch.stop());
    jest.advanceTimersByTime(600);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    expect(connection.onDoubt).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not mistake a freeze of the service for silence of the gateway', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(250);
    expect(connection.ping).toHaveBeenCalledTimes(1);
    jest.spyOn(performance, 'now').mockReturnValue(60_000); // The answer has arrived but is unread when the timers are due.
    jest.advanceTimersByTime(250);
    expect(connection.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('spreads the pings of a fleet that logs in at once over the interval, with one timer', () => {
    const heartbeat = new Heartbeat(settings);
    const connections = Array.from({ length: 600 }, aPatient);
    const watches = connections.map((connection) => heartbeat.watch(connection));
    expect(jest.getTimerCount()).toBe(1);

    jest.advanceTimersByTime(250);
    expect(connections.filter(({ ping }) => ping.mock.calls.length > 0)).toHaveLength(10);
    watches.forEach((watch) => watch.stop());
  });

  it('leaves no timer when no connection is watched, and a watch can be stopped twice', () => {
    const heartbeat = new Heartbeat(settings);
    const one = heartbeat.watch(aPatient());
    const other = heartbeat.watch(aPatient());
    one.stop();
    one.stop();
    expect(jest.getTimerCount()).toBe(1);
    other.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
