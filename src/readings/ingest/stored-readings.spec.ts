import { silentLogger } from '../../../test/unit-support/silent-logger';
import type { StoredReading } from '../storage/stored-reading';
import { StoredReadings } from './stored-readings';

const aStored = (serial: number): StoredReading => ({
  ...{ outcome: 'orphaned', kind: 'battery', gatewayId: 'gateway-1', serial, opensEra: false, owner: null, row: null },
});

describe('the feed of stored readings', () => {
  it('tells every listener of each reading in order, whatever another listener does', () => {
    const logger = silentLogger();
    const error = jest.spyOn(logger, 'error');
    const feed = new StoredReadings(logger);
    const heard: number[] = [];
    feed.subscribe(() => {
      throw new Error('broken');
    });
    const end = feed.subscribe(({ serial }) => void heard.push(serial));
    feed.publish([aStored(1), aStored(2)]);
    end();
    feed.publish([aStored(3)]);
    expect(heard).toEqual([1, 2]);
    expect(error).toHaveBeenCalledTimes(1);
  });
});
