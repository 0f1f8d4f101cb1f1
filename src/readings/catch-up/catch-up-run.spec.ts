import { CatchUpRun } from './catch-up-run';
import { NOTHING_LEARNED } from './history';
import type { HistoryStatesRepository, KnownHistory } from './history-states.repository';
import { EMPTY } from './int-ranges';

const CONNECTED = new Date('2026-05-21T12:00:00Z');
const EARLIER = new Date('2026-05-20T12:00:00Z');
const VERIFIED = new Date('2026-05-21T13:00:00Z');

/** @returns before which time a record must have been stored to show that nothing is missing since */
async function storedBefore(known: Pick<KnownHistory, 'lostAt' | 'verifiedThrough'>): Promise<Date | undefined> {
  const newestDay = jest.fn<Promise<null>, [string, string, number, Date]>(() => Promise.resolve(null));
  const states: Pick<HistoryStatesRepository, 'read' | 'readSeries' | 'newestDay' | 'save'> = {
    read: () =>
      Promise.resolve({
        ...{ today: 20_594, untilMidnightMs: 1, since: 20_564, era: 0, facts: NOTHING_LEARNED, serials: [] },
        ...{ coverage: { covered: EMPTY, coveredByIds: EMPTY, absent: [] }, avoided: EMPTY, ...known },
      }),
    readSeries: () => Promise.resolve([]),
    newestDay,
    save: () => Promise.resolve(),
  };
  await CatchUpRun.start(
    { gatewayId: 'a', kind: 'temperature', backfillDays: 30, connectedAt: CONNECTED, order: null },
    states as HistoryStatesRepository,
  );
  return newestDay.mock.calls[0]?.[3];
}

describe('what was stored before anything was missed', () => {
  it('is what was stored before the first session of a gateway', async () => {
    expect(await storedBefore({ lostAt: null, verifiedThrough: null })).toEqual(CONNECTED);
  });

  it('is still that if no catch-up has come to its end since', async () => {
    expect(await storedBefore({ lostAt: EARLIER, verifiedThrough: null })).toEqual(EARLIER);
  });

  it('is what was stored when all was verified for the last time, also if a later catch-up was cut off', async () => {
    expect(await storedBefore({ lostAt: null, verifiedThrough: VERIFIED })).toEqual(VERIFIED);
    expect(await storedBefore({ lostAt: EARLIER, verifiedThrough: VERIFIED })).toEqual(VERIFIED);
  });
});
