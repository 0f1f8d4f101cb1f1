import { aFeed } from '../../test/support/state-changes';
import { useFakeTimersInTests } from '../../test/unit-support/fake-timers';
import { aPublicGateway } from '../../test/unit-support/gateways';
import { silentLogger } from '../../test/unit-support/silent-logger';
import type { Config } from '../config/config';
import { CommandError } from '../connections/gateway-commands';
import type { GatewayCommands } from '../connections/gateway-commands';
import { GatewayInbox } from '../connections/session/gateway-inbox';
import { ConnectionRegistry } from '../status/connection.registry';
import type { ConnectionState } from '../status/connection-state';
import type { GatewayNews } from './gateway-news';
import { Inventory } from './inventory';
import type { SensorsRepository } from './sensors.repository';

useFakeTimersInTests();

const INTERVAL_MS = 300_000;
const LIST = [{ Serial: 7, Connected: 1 }];

/** An inventory whose gateways answer as the test says, and a table that the test can take away. */
function anInventory() {
  const changes = aFeed();
  const registry = new ConnectionRegistry(changes);
  const inbox = new GatewayInbox(silentLogger());
  const answers = new Map<string, unknown>();
  const asked: string[] = [];
  const stored: GatewayNews[][] = [];
  const database = { isAway: false };
  const send: GatewayCommands['send'] = (gatewayId) => {
    asked.push(gatewayId);
    const answer = answers.get(gatewayId) ?? LIST;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const storeNews: SensorsRepository['storeNews'] = (news) => {
    if (database.isAway) return Promise.reject(new Error('away'));
    stored.push([...news]);
    return Promise.resolve();
  };
  const inventory = new Inventory(
    { send } as GatewayCommands,
    inbox,
    changes,
    { storeNews } as SensorsRepository,
    { env: { INVENTORY_INTERVAL_MS: INTERVAL_MS } } as Config,
    silentLogger(),
  );
  inventory.start();

  const becomes = (id: string, state: ConnectionState) => {
    const record = registry.add(aPublicGateway({ id }));
    record.state = state;
    changes.publish(record, 'connecting');
  };
  /** Lets the seconds pass, each with its tick. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) {
      await jest.advanceTimersByTimeAsync(1000);
      inventory.tick();
      await jest.advanceTimersByTimeAsync(0);
    }
  };
  const notify = (id: string, type: string, data: unknown) => inbox.receive(id, { type, data });
  return { inventory, answers, asked, stored, database, becomes, pass, notify };
}

describe('Inventory', () => {
  it('asks a gateway after its login, then at the interval, and stores its list once', async () => {
    const { becomes, pass, asked, stored } = anInventory();
    becomes('a', 'connected');
    await pass(1);
    expect(asked).toEqual([]); // The subscription is under way.
    await pass(2);
    expect(asked).toEqual(['a']);
    await pass(1);
    expect(stored.map((news) => news.map(({ gatewayId, listed }) => [gatewayId, listed]))).toEqual([[['a', [7]]]]);
    await pass((INTERVAL_MS / 1000) * 1.1);
    expect(asked).toEqual(['a', 'a']);
    expect(stored).toHaveLength(1); // Nothing has changed.
  });

  it('stores a list again when it differs, and after a notification', async () => {
    const { inventory, becomes, pass, answers, stored, notify } = anInventory();
    becomes('a', 'connected');
    await pass(4);
    answers.set('a', [...LIST, { Serial: 8 }]);
    expect(inventory.askSoon('a')).not.toBeNull();
    await pass(2);
    expect(stored).toHaveLength(2);
    notify('a', 'NOT_DYN_CONN', { Serial: 7, Connected: 0 });
    await pass(1);
    expect(stored).toHaveLength(3);
    inventory.askSoon('a');
    await pass(2);
    expect(stored).toHaveLength(4); // The list says that the sensor is connected again.
  });

  it('treats a list in another order as the same', async () => {
    const { inventory, becomes, pass, answers, stored } = anInventory();
    answers.set('a', [{ Serial: 7 }, { Serial: 8 }]);
    becomes('a', 'connected');
    await pass(4);
    answers.set('a', { 8: {}, 7: {} });
    inventory.askSoon('a');
    await pass(2);
    expect(stored).toHaveLength(1);
  });

  it('asks no more than a hundred gateways per second', async () => {
    const { becomes, pass, asked } = anInventory();
    for (let number = 0; number < 150; number += 1) becomes(`${number}`, 'connected');
    await pass(2);
    expect(asked.length).toBeLessThanOrEqual(100);
    expect(asked.length).toBeGreaterThan(0);
    await pass(3);
    expect(new Set(asked).size).toBe(150);
    expect(asked).toHaveLength(150);
  });

  it('asks again at the next login if the session was lost, and not before', async () => {
    const { becomes, pass, answers, asked } = anInventory();
    answers.set('a', new CommandError('session_lost'));
    becomes('a', 'connected');
    await pass(2);
    becomes('a', 'reconnecting');
    await pass(1000);
    expect(asked).toHaveLength(1);
    answers.delete('a');
    becomes('a', 'connected');
    await pass(2);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['NOT_DYN_CONN', { Serial: 8, Connected: 1 }],
    ['NOT_DYN_READING', { 41: { Serial: '8' } }],
    ['NOT_DYN_READING_STARTED', { Serial: 8 }],
    ['NOT_DYN_TEMP', { Serial: 8 }],
    ['NOT_DYN_BATT', [{ Serial: 8 }]],
  ])('asks once when %s names a sensor that nobody knows', async (type, data) => {
    const { becomes, pass, asked, notify } = anInventory();
    becomes('a', 'connected');
    await pass(4);
    notify('a', type, { Serial: 7 });
    await pass(2);
    expect(asked).toHaveLength(1);
    notify('a', type, data);
    await pass(2);
    expect(asked).toHaveLength(2);
    notify('a', type, data);
    await pass(2);
    expect(asked).toHaveLength(2);
  });

  it('keeps what it cannot store, and stores it together', async () => {
    const { becomes, pass, database, stored, notify } = anInventory();
    database.isAway = true;
    becomes('a', 'connected');
    becomes('b', 'connected');
    await pass(4);
    notify('a', 'NOT_AP_CONN', { Serial: 90, Connected: 1 });
    await pass(2);
    expect(stored).toEqual([]);
    database.isAway = false;
    await pass(1);
    expect(stored).toHaveLength(1);
    const byGateway = new Map(stored[0]?.map((news) => [news.gatewayId, news]));
    expect(byGateway.get('a')?.listed).toEqual([7]);
    expect([...(byGateway.get('a')?.accessPoints ?? [])]).toEqual([[90, true]]);
    expect(byGateway.get('b')?.listed).toEqual([7]);
  });

  it('ignores an answer that is no list, and asks again at the interval', async () => {
    const { becomes, pass, answers, asked, stored } = anInventory();
    answers.set('a', 'no list');
    becomes('a', 'connected');
    await pass(4);
    expect([asked.length, stored]).toEqual([1, []]);
    await pass((INTERVAL_MS / 1000) * 1.1);
    expect(asked).toHaveLength(2);
  });

  it('stores what is pending when it stops, and then listens to nothing', async () => {
    const { inventory, becomes, pass, asked, stored, notify } = anInventory();
    notify('a', 'NOT_DYN_CONN', { Serial: 7, Connected: 1 });
    const stopped = inventory.stop();
    await jest.advanceTimersByTimeAsync(2000);
    await stopped;
    expect(stored).toHaveLength(1);
    notify('a', 'NOT_DYN_CONN', { Serial: 7, Connected: 0 });
    becomes('a', 'connected');
    await pass(4);
    expect([asked, stored.length]).toEqual([[], 1]);
  });
});
