import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import type { DataSource } from 'typeorm';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { DatabaseProbe } from './database-probe';

describe('DatabaseProbe', () => {
  useFakeTimersInTests();

  function aProbe() {
    const query = jest.fn(() => Promise.resolve([{ read_only: 'off' }]));
    return { probe: new DatabaseProbe({ query } as unknown as DataSource, silentLogger()), query };
  }

  it('API-02: queries the database at most once a second, however many callers ask', async () => {
    const { probe, query } = aProbe();
    for (const asked of [1, 2, 3]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => probe.state()));
      expect(answers).toEqual(Array(20).fill('up'));
      await jest.advanceTimersByTimeAsync(1000);
      await probe.state();
      expect(query).toHaveBeenCalledTimes(asked);
      await jest.advanceTimersByTimeAsync(1);
    }
  });

  it('queries again a second after a failure', async () => {
    const { probe, query } = aProbe();
    query.mockRejectedValueOnce(new Error('down'));
    expect([await probe.state(), await probe.canWrite()]).toEqual(['down', false]);
    await jest.advanceTimersByTimeAsync(1001);
    expect([await probe.state(), await probe.canWrite()]).toEqual(['up', true]);
  });
});
