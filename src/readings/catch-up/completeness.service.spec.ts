import { silentLogger } from '../../../test/unit-support/silent-logger';
import { EVERYWHERE } from '../../common/actor';
import type { BackfillsRepository } from './backfills.repository';
import type { CatchUp, CatchUpStatus } from './catch-up';
import type { CompletenessRepository, StoredCompleteness } from './completeness.repository';
import { CompletenessService } from './completeness.service';

const CONNECTED = new Date('2026-05-21T12:00:00Z');
const BEFORE = new Date('2026-05-21T11:00:00Z');
const AFTER = new Date('2026-05-21T13:00:00Z');

const stored: StoredCompleteness = {
  ...{ gatewayId: 'a', name: 'A', kind: 'temperature', verifiedThrough: AFTER, idScope: 'gateway', oldestDay: null },
  ...{ known: 5, eras: 1, missing: [], gaps: 0, zoneCorrection: null },
};

/** @param progress of the catch-up; undefined if the gateway is not connected */
async function said(changes: Partial<StoredCompleteness>, progress?: ReturnType<CatchUpStatus['progress']>) {
  const completeness: Pick<CompletenessRepository, 'findOfGateway'> = {
    findOfGateway: () => Promise.resolve([{ ...stored, ...changes }]),
  };
  const catchUp: Pick<CatchUp, 'statusOf'> = {
    statusOf: () => (progress === undefined ? null : { connectedAt: CONNECTED, progress: () => progress }),
  };
  const service = new CompletenessService(
    completeness as CompletenessRepository,
    {} as BackfillsRepository,
    catchUp as CatchUp,
    silentLogger(),
  );
  return (await service.ofGateway(EVERYWHERE, 'a'))[0]?.statement;
}

const MISSING = [{ from: 3, to: 4 }];

describe('the statement about the readings of a gateway', () => {
  it.each([
    ['unknown', 'it is not connected', {}, undefined],
    ['complete', 'all was verified in this session', {}, null],
    ['unknown', 'all was verified in an earlier session', { verifiedThrough: BEFORE }, null],
    ['unknown', 'nothing was verified yet', { verifiedThrough: null }, null],
    ['catching_up', 'it is being asked', {}, { done: 1, left: 2 }],
    ['catching_up', 'numbers are missing since', { missing: MISSING }, null],
    ['gaps', 'there are gaps', { gaps: 1 }, null],
    ['gaps', 'numbers are missing for good', { gaps: 1, missing: MISSING }, null],
    ['catching_up', 'there are gaps, and it is being asked', { gaps: 1 }, { done: 0, left: 1 }],
  ] as const)('is %s if %s', async (statement, _, changes, progress) => {
    expect(await said(changes, progress)).toBe(statement);
  });
});
