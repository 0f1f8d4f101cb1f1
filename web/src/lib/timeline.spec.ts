import { formatShare, sharesOf } from './timeline';

const NONE = { auth_failed: 0, reconnecting: 0, connecting: 0, authenticating: 0, connected: 0, disconnected: 0 };

describe('the shares of states', () => {
  it('are those of the time of which something is known, what needs a person first', () => {
    const parts = [
      { seconds: NONE },
      { seconds: { ...NONE, connected: 800 } },
      { seconds: { ...NONE, reconnecting: 200 } },
    ];
    expect(sharesOf(parts)).toEqual([
      { state: 'reconnecting', share: 0.2 },
      { state: 'connected', share: 0.8 },
    ]);
    expect(sharesOf([{ seconds: NONE }])).toEqual([]);
  });

  it.each([
    [1, '100 %'],
    [0.99999, '> 99.9 %'],
    [0.9723, '97.2 %'],
    [0.5, '50 %'],
    [0.0004, '< 0.1 %'],
  ])('are written so that %d never looks like all or nothing', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });
});
