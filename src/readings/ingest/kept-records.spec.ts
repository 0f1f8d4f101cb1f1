import { aRefusal } from '../../../test/unit-support/refusal';
import { Outage } from '../../database/outage';
import type { RecordToKeep } from '../storage/kept-records.repository';
import { KeptRecords } from './kept-records';

const aRecord = (serial: number, text = '{}'): RecordToKeep => ({
  ...{ gatewayId: 'gateway-1', kind: 'temperature', serial, problem: 'unreadable', reason: 'no number', text },
  receivedAt: new Date(),
});

describe('records that are kept as text', () => {
  let stored: (number | null)[];
  let lost: number;
  let fails: (records: readonly RecordToKeep[]) => Error | null;
  let kept: KeptRecords;

  beforeEach(() => {
    stored = [];
    lost = 0;
    fails = () => null;
    kept = new KeptRecords({
      store: (records) => {
        const failure = fails(records);
        if (failure) return Promise.reject(failure);
        stored.push(...records.map(({ serial }) => serial));
        return Promise.resolve();
      },
      outage: new Outage(() => undefined),
      onLost: (records) => (lost += records),
    });
  });

  it('are stored together, and once', async () => {
    for (const serial of [1, 2, 3]) kept.add(aRecord(serial));
    await Promise.all([kept.flush(), kept.flush()]);
    await kept.flush();
    expect([stored, kept.length, lost]).toEqual([[1, 2, 3], 0, 0]);
  });

  it('wait while the database is away, up to a number and a size', async () => {
    fails = () => new Error('Connection terminated');
    for (let serial = 0; serial < 1001; serial += 1) kept.add(aRecord(serial));
    await kept.flush();
    expect([kept.length, lost]).toEqual([1000, 1]);
    fails = () => null;
    await kept.flush();
    expect(stored).toHaveLength(1000);
    for (let serial = 0; serial < 70; serial += 1) kept.add(aRecord(serial, 'x'.repeat(65_536)));
    expect(kept.length).toBe(64);
  });

  it('do not take others with them when PostgreSQL refuses one', async () => {
    fails = (records) => (records.some(({ serial }) => serial === 2) ? aRefusal('22003') : null);
    for (const serial of [1, 2, 3]) kept.add(aRecord(serial));
    await kept.flush();
    expect([stored, kept.length, lost]).toEqual([[1, 3], 0, 1]);
  });
});
