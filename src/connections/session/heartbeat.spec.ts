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
    const patient = aPatient();
    const watch = new Heartbeat(settings).watch(patient);
    patient.ping.mockImplementation(() => watch.signOfLife());
    jest.advanceTimersByTime(60_000);
    expect(patient.ping).toHaveBeenCalledTimes(4);
    expect(patient.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('notices a silence of the whole time-out, and not before', () => {
    const patient = aPatient();
    const watch = new Heartbeat(settings).watch(patient);
    jest.advanceTimersByTime(250);
    expect(patient.ping).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(9900);
    expect(patient.onSilence).not.toHaveBeenCalled();
    jest.advanceTimersByTime(500);
    expect(patient.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('is content with any sign of life after the ping', () => {
    const patient = aPatient();
    const watch = new Heartbeat(settings).watch(patient);
    jest.advanceTimersByTime(9000);
    watch.signOfLife();
    jest.advanceTimersByTime(6000);
    expect(patient.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('takes more bytes for a sign of life, and notices within an interval and a time-out that no more come', () => {
    const patient = aPatient();
    const watch = new Heartbeat(settings).watch(patient);
    for (let seconds = 0; seconds < 40; seconds += 1) {
      patient.bytesReceived += 75_000;
      jest.advanceTimersByTime(1000);
    }
    expect(patient.onDoubt).not.toHaveBeenCalled();
    expect(patient.onSilence).not.toHaveBeenCalled();
    expect(patient.onBytes).toHaveBeenCalled();
    jest.advanceTimersByTime(25_500);
    expect(patient.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('does not count bytes that came before the ping', () => {
    const patient = aPatient();
    patient.bytesReceived = 1000;
    const watch = new Heartbeat(settings).watch(patient);
    jest.advanceTimersByTime(10_500);
    expect(patient.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('does not grant more time with each unanswered ping', () => {
    const patient = aPatient();
    const watch = new Heartbeat({ intervalMs: 6000, timeoutMs: 10_000 }).watch(patient);
    jest.advanceTimersByTime(10_400);
    expect(patient.ping).toHaveBeenCalledTimes(2);
    expect(patient.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('is in doubt at half of the time-out, and not again before the next ping', () => {
    const patient = aPatient();
    const watch = new Heartbeat(settings).watch(patient);
    jest.advanceTimersByTime(250 + 4750);
    expect(patient.onDoubt).not.toHaveBeenCalled();
    jest.advanceTimersByTime(250);
    expect(patient.onDoubt).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(5000);
    expect(patient.onDoubt).toHaveBeenCalledTimes(1);
    expect(patient.onSilence).toHaveBeenCalledTimes(1);
    watch.stop();
  });

  it('is not in doubt of somebody who gave a sign of life after the ping', () => {
    const patient = aPatient();
    const watch = new Heartbeat(settings).watch(patient);
    jest.advanceTimersByTime(4000);
    watch.signOfLife();
    jest.advanceTimersByTime(10_000);
    expect(patient.onDoubt).not.toHaveBeenCalled();
    watch.stop();
  });

  it('asks nobody who is given up at the same tick', () => {
    const patient = aPatient();
    const watch = new Heartbeat({ intervalMs: 600, timeoutMs: 10 }).watch(patient);
    patient.onSilence.mockImplementation(() => watch.stop());
    jest.advanceTimersByTime(600);
    expect(patient.onSilence).toHaveBeenCalledTimes(1);
    expect(patient.onDoubt).not.toHaveBeenCalled();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not take a standstill of the service for the silence of a gateway', () => {
    const patient = aPatient();
    const watch = new Heartbeat(settings).watch(patient);
    jest.advanceTimersByTime(250);
    expect(patient.ping).toHaveBeenCalledTimes(1);
    jest.spyOn(performance, 'now').mockReturnValue(60_000); // The answer lies there, unread, when the timers are due.
    jest.advanceTimersByTime(250);
    expect(patient.onSilence).not.toHaveBeenCalled();
    watch.stop();
  });

  it('spreads a fleet that logs in at once over the interval, with one timer', () => {
    const heartbeat = new Heartbeat(settings);
    const patients = Array.from({ length: 600 }, aPatient);
    const watches = patients.map((patient) => heartbeat.watch(patient));
    expect(jest.getTimerCount()).toBe(1);

    jest.advanceTimersByTime(250);
    expect(patients.filter(({ ping }) => ping.mock.calls.length > 0)).toHaveLength(10);
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
