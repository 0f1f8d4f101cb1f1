import type { ConnectionPage, ConnectionStatus } from '../../.generated/types.gen';
import { addMoves, patchPage } from './live-store';

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

it('the latest moves come first, and the oldest are forgotten', () => {
  const [one, two, three] = [status('a', 'connecting', 1), status('b', 'connecting', 2), status('c', 'connecting', 3)];
  expect(addMoves([one], [two, three], 2)).toEqual([three, two]);
});
