import { FIRST_ID, firstIdAt, LAST_ID } from './id-time';

describe('firstIdAt', () => {
  it('SEC-21: is the time in the first 48 bits', () => {
    // The example of RFC 9562, appendix A.6: 2022-02-22 14:22:22 -05:00.
    expect(firstIdAt(1_645_557_742_000)).toBe('017f22e2-79b0-0000-0000-000000000000');
  });

  it('SEC-21: stays within the range of ids, whatever the time', () => {
    expect(firstIdAt(new Date('1900-01-01T00:00:00Z').getTime())).toBe(FIRST_ID);
    expect(firstIdAt(8.64e15) < LAST_ID).toBe(true);
    expect(firstIdAt(8.64e15)).toHaveLength(LAST_ID.length);
  });
});
