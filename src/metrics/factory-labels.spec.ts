import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { EVERYWHERE } from '../common/actor';
import type { FactoryNames } from '../factories/factories.repository';
import type { FactoriesService } from '../factories/factories.service';
import { FactoryLabels } from './factory-labels';

const OSAKA: FactoryNames = { id: 'f1', name: 'Osaka', organization: 'Acme', timezone: 'Asia/Tokyo' };
const labelsOf = (name: string) => [`factory_id="f1",factory="${name}",organization="Acme",timezone="Asia/Tokyo"`];

/** Labels, and the statement that reads the names. */
function someLabels() {
  const findNames = jest.fn(() => Promise.resolve([OSAKA]));
  const logger = silentLogger();
  const warn = jest.spyOn(logger, 'warn');
  const factories: Pick<FactoriesService, 'findNames'> = { findNames };
  return { labels: new FactoryLabels(factories as FactoriesService, logger), findNames, warn };
}

describe('the names of factories', () => {
  useFakeTimersInTests();

  it('are those of all organizations, read once a minute, however many ask', async () => {
    const { labels, findNames } = someLabels();
    expect(await Promise.all([labels.current(), labels.current()])).toEqual([labelsOf('Osaka'), []]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await labels.current()).toEqual(labelsOf('Osaka'));
    expect(findNames.mock.calls).toEqual([[EVERYWHERE]]);
  });

  it('are new for the scrape after the one that finds them old', async () => {
    const { labels, findNames } = someLabels();
    await labels.current();
    findNames.mockResolvedValue([{ ...OSAKA, name: 'Osaka north' }]);
    await jest.advanceTimersByTimeAsync(60_001);
    expect(await labels.current()).toEqual(labelsOf('Osaka'));
    await jest.advanceTimersByTimeAsync(0);
    expect(await labels.current()).toEqual(labelsOf('Osaka north'));
    expect(findNames).toHaveBeenCalledTimes(2);
  });

  it('stay while the database is away, with one warning', async () => {
    const { labels, findNames, warn } = someLabels();
    await labels.current();
    findNames.mockRejectedValue(new Error('down'));
    for (let minute = 1; minute <= 3; minute += 1) {
      await jest.advanceTimersByTimeAsync(60_001);
      expect(await labels.current()).toEqual(labelsOf('Osaka'));
    }
    expect(findNames).toHaveBeenCalledTimes(4);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('are missing at first if the database does not answer within a second', async () => {
    const { labels, findNames } = someLabels();
    findNames.mockReturnValue(new Promise(() => undefined));
    const first = labels.current();
    await jest.advanceTimersByTimeAsync(1000);
    expect(await first).toEqual([]);
  });
});
