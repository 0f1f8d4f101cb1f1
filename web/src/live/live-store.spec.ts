import type { ConnectionPage, ConnectionStatus } from '../../.generated/types.gen';
import { addMoves, newerRows, newerStatus, patchPage } from './live-store';

const status = (id: string, state: string, second: number) =>
  ({ id, state, as_of: `2026-11-29T12:00:${String(second).padStart(2, '0')}.000Z` }) as ConnectionStatus;
const page = (...data: ConnectionStatus[]) => ({ data }) as ConnectionPage;
const moves = (...all: ConnectionStatus[]) => new Map(all.map((each) => [each.id, each]));

describe('a page of connections', () => {
  it('shows a move in its row, and keeps the order of the rows', () => {
    const patched = patchPage(
      page(status('a', 'connected', 1), status('b', 'connected', 1)),
      moves(status('b', 'reconnecting', 2)),
    );
    expect(patched.data.map(({ id, state }) => [id, state])).toEqual([
      ['a', 'connected'],
      ['b', 'reconnecting'],
    ]);
  });

  it('stays the same object if none of its rows has moved, so that nothing is drawn again', () => {
    const shown = page(status('a', 'connected', 1));
    expect(patchPage(shown, moves(status('b', 'reconnecting', 2)))).toBe(shown);
  });

  it('is not set back by a move that is older than the answer of the service', () => {
    const shown = page(status('a', 'connected', 5));
    expect(patchPage(shown, moves(status('a', 'reconnecting', 4)))).toBe(shown);
  });
});

describe('an answer that an event has overtaken', () => {
  const [before, after] = [status('a', 'connecting', 4), status('a', 'connected', 5)];

  it('does not set the status of a gateway back', () => {
    expect(newerStatus(after, before)).toBe(after);
    expect(newerStatus(before, after)).toEqual(after);
    expect(newerStatus(undefined, before)).toBe(before);
    expect(newerStatus(after, status('b', 'connecting', 4))).toMatchObject({ id: 'b' }); // Another gateway's page.
  });

  it('does not set a row of a page back, and decides which rows there are', () => {
    const answer = page(before, status('b', 'connected', 4));
    expect(newerRows(page(after, status('c', 'connected', 5)), answer)).toEqual(
      page(after, status('b', 'connected', 4)),
    );
    expect(newerRows(undefined, answer)).toEqual(answer);
  });

  it('is the same object if nothing has changed, also where a row is newer than in the answer', () => {
    const shown = page(after, status('b', 'connected', 5));
    expect(newerRows(shown, page({ ...before }, status('b', 'connected', 4)))).toBe(shown);
    expect(newerRows(shown, page({ ...after }, status('b', 'connected', 5)))).toBe(shown);
    expect(newerStatus(after, { ...after })).toBe(after);
  });
});

it('the latest moves come first, and the oldest are forgotten', () => {
  const [one, two, three] = [status('a', 'connecting', 1), status('b', 'connecting', 2), status('c', 'connecting', 3)];
  expect(addMoves([one], [two, three], 2)).toEqual([three, two]);
});
