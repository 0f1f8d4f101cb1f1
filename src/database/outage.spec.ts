import { Outage } from './outage';

const down = new Error('down');
const fails = () => Promise.reject(down);
const succeeds = () => Promise.resolve('rows');

function anOutage() {
  const begun: unknown[] = [];
  const outage = new Outage((error) => begun.push(error));
  const fail = () => expect(outage.watch(fails)).rejects.toBe(down);
  return { outage, begun, fail };
}

describe('Outage', () => {
  it('begins with the first statement that fails, and is reported once', async () => {
    const { outage, begun, fail } = anOutage();
    expect(outage.isOngoing).toBe(false);
    await fail();
    await fail();
    expect(outage.isOngoing).toBe(true);
    expect(begun).toEqual([down]);
  });

  it('ends with the first statement that succeeds, and the next one is reported again', async () => {
    const { outage, begun, fail } = anOutage();
    await fail();
    expect(await outage.watch(succeeds)).toBe('rows');
    expect(outage.isOngoing).toBe(false);
    await fail();
    expect(begun).toHaveLength(2);
  });

  it('counts how often in a row it was wrongly presumed over, once for each time that it was ongoing', async () => {
    const { outage, fail } = anOutage();
    outage.presumeOver();
    expect(outage.wrongPresumptions).toBe(0);
    for (const count of [1, 2]) {
      await fail();
      outage.presumeOver();
      outage.presumeOver();
      expect([outage.isOngoing, outage.wrongPresumptions]).toEqual([false, count]);
    }
    await outage.watch(succeeds);
    expect(outage.wrongPresumptions).toBe(0);
  });
});
