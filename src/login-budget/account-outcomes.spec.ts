import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { Outage } from '../database/outage';
import { AccountOutcomes } from './account-outcomes';
import type { AccountOutcome } from './gateway-accounts.repository';

const [refused, returned, cleared] = [
  { account: 'a', isCleared: false, tries: 1 },
  { account: 'a', isCleared: false, tries: -1 },
  { account: 'a', isCleared: true, tries: 2 },
];

function noteAll(...noted: AccountOutcome[]) {
  const stored: AccountOutcome[][] = [];
  const store = (outcomes: readonly AccountOutcome[]) => Promise.resolve(void stored.push([...outcomes]));
  const outcomes = new AccountOutcomes(store, new Outage(() => undefined));
  noted.forEach((each) => outcomes.note(each));
  return stored;
}

describe('AccountOutcomes', () => {
  useFakeTimersInTests();

  it('stores a refusal at once, so that no crash can lose it', async () => {
    const stored = noteAll(refused);
    await jest.advanceTimersByTimeAsync(0);
    expect(stored).toEqual([[refused]]);
  });

  it.each([
    ['a return', returned],
    ['nothing new', { ...refused, tries: 0 }],
    ['an accepted login', cleared],
  ])('stores %s a moment later, together with others', async (_, outcome) => {
    const stored = noteAll(outcome, { ...outcome, account: 'b' });
    await jest.advanceTimersByTimeAsync(99);
    expect(stored).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(stored).toEqual([[outcome, { ...outcome, account: 'b' }]]);
  });

  it.each([
    ['adds what follows', [returned, returned], { ...returned, tries: -2 }],
    ['clears first, then adds', [cleared, returned], { ...cleared, tries: 1 }],
    ['forgets what was before it is cleared', [returned, cleared], cleared],
  ])('merges the outcomes of an account: %s', async (_, noted, merged) => {
    const stored = noteAll(...noted);
    await jest.advanceTimersByTimeAsync(100);
    expect(stored).toEqual([[merged]]);
  });
});
