import type { Owner } from '../ownership/ownership';
import type { ConnectionRecord } from '../status/connection-record';
import { UntoldDeletions } from './untold-deletions';

const ID = '7d5e8c1e-8d0f-4f0b-9f57-0c8f1f2a3b4c';
const last = { gateway: { id: ID } } as Partial<ConnectionRecord> as ConnectionRecord;
const one: Owner = { id: 'one', name: 'one', isLive: true };

/** @param first the owner at the deletion */
function deleted(first: Owner | null, foundWithinMs = 60_000) {
  const seen = { owner: first };
  const told: ConnectionRecord[] = [];
  const untold = new UntoldDeletions(
    () => seen.owner,
    foundWithinMs,
    (each) => told.push(each),
  );
  untold.add(last);
  return { seen, told, untold };
}

describe('a deletion of which the owner could not be told', () => {
  it.each([
    ['nobody owns the gateway', null],
    ['its owner is not seen to live', { ...one, isLive: false }],
  ])('is told at once, and once, if %s', (_what, owner) => {
    const { told, untold } = deleted(owner);
    untold.look();
    expect(told).toEqual([last]);
  });

  it.each([
    ['dies', { ...one, isLive: false }],
    ['gives it away', null],
    ['is followed by another', { ...one, id: 'two' }],
  ])('is told when the owner %s, and not before', (_what, next) => {
    const { seen, told, untold } = deleted(one);
    untold.look();
    expect(told).toEqual([]);
    seen.owner = next;
    untold.look();
    untold.look();
    expect(told).toEqual([last]);
  });

  it('is not told if its owner has told of it', () => {
    const { seen, told, untold } = deleted(one);
    untold.settle(ID);
    seen.owner = null;
    untold.look();
    expect(told).toEqual([]);
  });

  it('is left to an owner that has lived long enough to find it in the table', () => {
    const { seen, told, untold } = deleted(one, 0);
    seen.owner = null;
    untold.look();
    expect(told).toEqual([]);
  });
});
