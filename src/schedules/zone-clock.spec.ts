import { isOpen } from './window';
import type { Window } from './window';
import { ZoneClock } from './zone-clock';

const HOUR_MS = 3_600_000;
const berlin = new ZoneClock('Europe/Berlin');
const newYork = new ZoneClock('America/New_York');
const lordHowe = new ZoneClock('Australia/Lord_Howe');

const at = (text: string) => Date.parse(text);
const shown = (instant: number) => new Date(instant).toISOString();
const between = (from: string, to: string, days: Window['days'] = null): Window => ({ days, from, to });

describe('windows', () => {
  const monday = 1;
  it.each([
    ['06:00', '22:00', 6 * 60, true],
    ['06:00', '22:00', 6 * 60 - 1, false],
    ['06:00', '22:00', 22 * 60, false],
    ['00:00', '24:00', 24 * 60 - 1, true],
    ['22:00', '06:00', 23 * 60, true],
    ['22:00', '06:00', 5 * 60 + 59, true],
    ['22:00', '06:00', 6 * 60, false],
  ])('from %s to %s: %d minutes after midnight is in it: %s', (from, to, minutes, expected) => {
    expect(isOpen([between(from, to)], { weekday: monday, minutes })).toBe(expected);
  });

  it('have the day on which they begin, also after midnight', () => {
    const nights = [between('22:00', '06:00', ['sun'])];
    expect(isOpen(nights, { weekday: 0, minutes: 23 * 60 })).toBe(true);
    expect(isOpen(nights, { weekday: 1, minutes: 60 })).toBe(true);
    expect(isOpen(nights, { weekday: 0, minutes: 60 })).toBe(false);
    const saturday = [between('22:00', '06:00', ['sat'])];
    expect(isOpen(saturday, { weekday: 0, minutes: 60 })).toBe(true);
  });

  it('are one of several; without any, all times are in', () => {
    const shifts = [between('06:00', '07:00'), between('12:00', '13:00')];
    expect(isOpen(shifts, { weekday: 3, minutes: 750 })).toBe(true);
    expect(isOpen(shifts, { weekday: 3, minutes: 600 })).toBe(false);
    expect(isOpen([], { weekday: 3, minutes: 600 })).toBe(true);
  });
});

describe('the clock of a zone', () => {
  it('shows what a clock on the wall shows', () => {
    expect(berlin.wallTime(at('2026-03-29T00:59:00Z'))).toEqual({ weekday: 0, minutes: 119 });
    expect(berlin.wallTime(at('2026-03-29T01:00:00Z'))).toEqual({ weekday: 0, minutes: 180 });
    expect(newYork.wallTime(at('2026-11-01T05:30:00Z'))).toEqual({ weekday: 0, minutes: 90 });
    expect(newYork.wallTime(at('2026-11-01T06:30:00Z'))).toEqual({ weekday: 0, minutes: 90 });
    expect(lordHowe.wallTime(at('2026-10-03T15:29:00Z'))).toEqual({ weekday: 0, minutes: 119 });
    expect(lordHowe.wallTime(at('2026-10-03T15:30:00Z'))).toEqual({ weekday: 0, minutes: 150 });
  });

  it.each([
    ['Berlin, spring', berlin, '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', 23],
    ['Berlin, autumn', berlin, '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', 25],
    ['New York, spring', newYork, '2026-03-08T12:00:00Z', '2026-03-08T05:00:00.000Z', 23],
    ['New York, autumn', newYork, '2026-11-01T12:00:00Z', '2026-11-01T04:00:00.000Z', 25],
    ['Lord Howe, spring', lordHowe, '2026-10-04T00:00:00Z', '2026-10-03T13:30:00.000Z', 23.5],
    ['Lord Howe, autumn', lordHowe, '2026-04-05T00:00:00Z', '2026-04-04T13:00:00.000Z', 24.5],
    // Clocks go forward at midnight, so the day begins at one o'clock.
    ['Santiago, spring', new ZoneClock('America/Santiago'), '2026-09-06T12:00:00Z', '2026-09-06T04:00:00.000Z', 23],
    ['UTC', new ZoneClock('UTC'), '2026-09-06T12:00:00Z', '2026-09-06T00:00:00.000Z', 24],
  ])('knows where days begin and end: %s', (_name, clock, noon, start, hours) => {
    const day = clock.dayOf(at(noon));
    expect([shown(day.start), (day.end - day.start) / HOUR_MS]).toEqual([start, hours]);
    expect(clock.dayOf(day.start)).toEqual(day);
    expect(clock.dayOf(day.end - 1)).toEqual(day);
    expect(clock.dayOf(day.end).start).toBe(day.end);
  });

  it('reads a name that is not known as UTC', () => {
    expect(new ZoneClock('Nowhere/Atlantis').wallTime(at('2026-09-06T12:34:00Z'))).toEqual({
      weekday: 0,
      minutes: 754,
    });
  });

  it.each<[string, ZoneClock, Window[], string, string]>([
    ['now', berlin, [between('06:00', '22:00')], '2026-06-01T10:00:00Z', '2026-06-01T10:00:00.000Z'],
    ['today', berlin, [between('06:00', '22:00')], '2026-06-01T01:00:00Z', '2026-06-01T04:00:00.000Z'],
    ['tomorrow', berlin, [between('06:00', '22:00')], '2026-06-01T20:00:00Z', '2026-06-02T04:00:00.000Z'],
    [
      'after the weekend',
      berlin,
      [between('06:00', '22:00', ['mon'])],
      '2026-06-01T20:00:00Z',
      '2026-06-08T04:00:00.000Z',
    ],
    [
      'a part of it is skipped',
      berlin,
      [between('02:15', '03:30')],
      '2026-03-29T00:00:00Z',
      '2026-03-29T01:00:00.000Z',
    ],
    ['all of it is skipped', berlin, [between('02:15', '02:45')], '2026-03-29T00:00:00Z', '2026-03-30T00:15:00.000Z'],
    ['it comes twice', berlin, [between('02:15', '02:45')], '2026-10-25T00:00:00Z', '2026-10-25T00:15:00.000Z'],
    ['again', berlin, [between('02:15', '02:45')], '2026-10-25T00:45:00Z', '2026-10-25T01:15:00.000Z'],
    [
      'half an hour is skipped',
      lordHowe,
      [between('02:05', '02:25')],
      '2026-10-03T15:00:00Z',
      '2026-10-04T15:05:00.000Z',
    ],
  ])('knows when a window opens: %s', (_name, clock, windows, from, expected) => {
    expect(shown(clock.nextOpen(windows, at(from)))).toBe(expected);
  });
});
