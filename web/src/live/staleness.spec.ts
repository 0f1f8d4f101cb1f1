import { GRACE_MS, SILENCE_MS, staleSince } from './staleness';

describe('a page', () => {
  it('is live while signs of life arrive, and not true since the last one when they stop', () => {
    const link = { status: 'live', code: null, newsAt: 1000 } as const;
    expect(staleSince(link, 1000 + SILENCE_MS)).toBeNull();
    expect(staleSince(link, 1001 + SILENCE_MS)).toBe(1000);
  });

  it('may be without a stream for a moment, but not while the service refuses it', () => {
    expect(staleSince({ status: 'lost', code: null, newsAt: 1000 }, 1000 + GRACE_MS)).toBeNull();
    expect(staleSince({ status: 'lost', code: null, newsAt: 1000 }, 1001 + GRACE_MS)).toBe(1000);
    expect(staleSince({ status: 'refused', code: 'NOT_READY', newsAt: 1000 }, 1001)).toBe(1000);
  });
});
