import { useFakeTimersInTests } from '../../../test/unit-support/fake-timers';
import { silentLogger } from '../../../test/unit-support/silent-logger';
import type { StoredReading } from '../storage/stored-reading';
import { RecordNotices } from './record-notices';

const aStored = (serial: number, changes: Partial<StoredReading> = {}): StoredReading => ({
  ...{ outcome: 'new', kind: 'temperature', gatewayId: 'gateway-1', serial, opensEra: false, owner: null, row: null },
  ...changes,
});

describe('the log about stored records', () => {
  useFakeTimersInTests();

  it('has one line a minute for contradictions, and one for numbering that begins anew', () => {
    const logger = silentLogger();
    const lines: unknown[] = [];
    jest.spyOn(logger, 'info').mockImplementation((fields, message) => lines.push(['info', message, fields]));
    jest.spyOn(logger, 'warn').mockImplementation((fields, message) => lines.push(['warn', message, fields]));
    const notices = new RecordNotices(logger);
    const stored = [
      aStored(1),
      aStored(2, { outcome: 'conflict' }),
      aStored(3, { outcome: 'conflict' }),
      aStored(4, { opensEra: true }),
      aStored(5, { outcome: 'unchanged' }),
    ];
    for (const each of stored) notices.onStored(each);
    notices.report();
    notices.onStored(aStored(6, { outcome: 'conflict' }));
    notices.report();

    const about = { gatewayId: 'gateway-1', kind: 'temperature' };
    const conflict = 'a record contradicts its reading, keeping both';
    const opened = [
      ['warn', conflict, { ...about, serial: 3, records: 2 }],
      ['info', 'a gateway numbers its records anew', { ...about, serial: 4, eras: 1 }],
    ];
    expect(lines).toEqual(opened);

    jest.advanceTimersByTime(60_000);
    notices.report();
    expect(lines).toEqual([...opened, ['warn', conflict, { ...about, serial: 6, records: 1 }]]);
  });
});
