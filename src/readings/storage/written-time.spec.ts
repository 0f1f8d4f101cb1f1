import { isFiner, isSameTime, readTime } from './written-time';
import type { WrittenTime } from './written-time';

const time = (text: string): WrittenTime => {
  const written = readTime(text);
  if (!written) throw new Error(`not read: ${text}`);
  return written;
};

describe('the time that a gateway writes', () => {
  it.each([
    ['2025-05-21', '2025-05-21 00:00:00', null, 'day'],
    ['2025-05-21 14:07', '2025-05-21 14:07:00', null, 'minute'],
    ['2025-05-21T14:07', '2025-05-21 14:07:00', null, 'minute'],
    [' 2025-05-21  14:07 ', '2025-05-21 14:07:00', null, 'minute'],
    ['2025-05-21 14:07:59', '2025-05-21 14:07:59', null, 'second'],
    ['2025-05-21T14:07:59.123456', '2025-05-21 14:07:59.123456', null, 'second'],
    ['2025-05-21T14:07:59Z', '2025-05-21 14:07:59', 'Z', 'second'],
    ['2025-05-21 14:07+0200', '2025-05-21 14:07:00', '+0200', 'minute'],
    ['2025-05-21 14:07 -05:30', '2025-05-21 14:07:00', '-05:30', 'minute'],
    ['2024-02-29', '2024-02-29 00:00:00', null, 'day'],
  ])('%j is read', (text, local, offset, precision) => {
    expect(readTime(text)).toEqual({ day: text.trim().slice(0, 10), local, offset, precision });
  });

  it.each([
    ...[null, '', 'yesterday', '21.05.2025', '2025-5-21', '05/21/2025 14:07', '1779372427', '2025-05-21 2:07 PM'],
    ...['2025-02-30', '2025-13-01', '0000-01-01', '2025-05-21 24:00', '2025-05-21 14:60', '2025-05-21 14:07:60'],
    ...['2025-05-21 14:07 CEST', '2025-05-21 14:07+16:00', '2025-05-21 14:07+02:60', '2025-05-21Z', '12025-05-21'],
  ])('%j is not read', (text) => {
    expect(readTime(text)).toBeNull();
  });

  it.each([
    ['2025-05-21', '2025-05-21 14:07', true],
    ['2025-05-21 14:07', '2025-05-21 14:07:31', true],
    ['2025-05-21 14:07', '2025-05-21T14:07', true],
    ['2025-05-21 14:07', '2025-05-21 14:08:00', false],
    ['2025-05-21 14:07:31', '2025-05-21 14:07:32', false],
    ['2025-05-21', '2025-05-22 00:00', false],
  ])('%j and %j can be one time: %j', (one, other, expected) => {
    expect(isSameTime(time(one), time(other))).toBe(expected);
    expect(isSameTime(time(other), time(one))).toBe(expected);
  });

  it('is finer with minutes than without, and with seconds than with minutes', () => {
    const times = ['2025-05-21', '2025-05-21 14:07', '2025-05-21 14:07:31'].map(time);
    const finer = times.map((one) => times.map((other) => isFiner(one, other)));
    expect(finer).toEqual([
      [false, false, false],
      [true, false, false],
      [true, true, false],
    ]);
  });
});
