import { HistoryPauses } from './history-pauses';

describe('HistoryPauses', () => {
  it('pauses a gateway until everything that needs the pause has ended it', () => {
    const pauses = new HistoryPauses();
    const ends = [pauses.pause('a'), pauses.pause('a')];
    expect([pauses.isPaused('a'), pauses.isPaused('b')]).toEqual([true, false]);
    ends[0]?.();
    expect(pauses.isPaused('a')).toBe(true);
    ends[1]?.();
    expect(pauses.isPaused('a')).toBe(false);
  });
});
