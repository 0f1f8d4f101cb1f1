import { Heartbeat } from './heartbeat';

const settings = { intervalMs: 15_000, timeoutMs: 10_000 };

function aPatient() {
  return {
    bytesReceived: 0,
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

  it('notices a silence of the whole time-out, and not before', () => {
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

  it('is content with any sign of life after the ping', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(9000);
    watch.signOfLife();
    jest.advanceTimersByTime(6000);
    expect(connection.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('takes more bytes for a sign of life, and notices within an interval and a time-out that no more come', () => {
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

  it('does not count bytes that came before the ping', () => {
    const connection = aPatient();
    connection.bytesReceived = 1000;
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(10_500);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('does not grant more time with each unanswered ping', () => {
    const connection = aPatient();
    const watch = new Heartbeat({ intervalMs: 6000, timeoutMs: 10_000 }).watch(connection);
    jest.advanceTimersByTime(10_400);
    expect(connection.ping).toHaveBeenCalledTimes(2);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('is in doubt at half of the time-out, and not again before the next ping', () => {
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

  it('is not in doubt of somebody who gave a sign of life after the ping', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(4000);
    watch.signOfLife();
    jest.advanceTimersByTime(10_000);
    expect(connection.onDoubt).not.toHaveBeenCalled();
    watch.stop();
  });

  it('asks nobody who is given up at the same tick', () => {
    const connection = aPatient();
    const watch = new Heartbeat({ intervalMs: 600, timeoutMs: 10 }).watch(connection);
    connection.onSilence.mockImplementation(() => watch.stop());
    jest.advanceTimersByTime(600);
    expect(connection.onSilence).toHaveBeenCalledTimes(1);
    expect(connection.onDoubt).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not take a standstill of the service for the silence of a gateway', () => {
    const connection = aPatient();
    const watch = new Heartbeat(settings).watch(connection);
    jest.advanceTimersByTime(250);
    expect(connection.ping).toHaveBeenCalledTimes(1);
    jest.spyOn(performance, 'now').mockReturnValue(60_000); // The answer has arrived but is unread when the timers are due.
    jest.advanceTimersByTime(250);
    expect(connection.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('spreads a fleet that logs in at once over the interval, with one timer', () => {
    const heartbeat = new Heartbeat(settings);
    const connections = Array.from({ length: 600 }, aPatient);
    const watches = connections.map((connection) => heartbeat.watch(connection));
    expect(jest.getTimerCount()).toBe(1);

    jest.advanceTimersByTime(250);
    expect(connections.filter(({ ping }) => ping.mock.calls.length > 0)).toHaveLength(10);
    watches.forEach((watch) => watch.stop());
  });

  it('leaves no timer when nobody is watched, and can be stopped twice', () => {
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
