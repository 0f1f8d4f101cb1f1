import { Gate } from '../../test/unit-support/gate';
import { silentLogger } from '../../test/unit-support/silent-logger';
import { InProcessBus } from '../bus/in-process.bus';
import { parseConfig } from '../config/config';
import type { OrganizationNetworks } from '../organizations/organization-networks';
import type { Ownership } from '../ownership/ownership';
import type { WhileHolding } from '../status/while-holding';
import type { ConnectionSupervisor } from './connection.supervisor';
import { ConnectionsRuntime } from './connections-runtime';

type UsedOfHolding = Pick<WhileHolding, 'add' | 'load' | 'start' | 'repeat' | 'stop'>;
type UsedOfOwnership = Pick<Ownership, 'onGained' | 'onGiven' | 'onLost'>;
type UsedOfSupervisor = Pick<ConnectionSupervisor, 'assign' | 'release'>;

describe('ConnectionsRuntime', () => {
  it('starts repeated work once when two starts overlap', async () => {
    const gate = new Gate();
    const repeat = jest.fn();
    const holding: UsedOfHolding = {
      add: () => undefined,
      load: () => Promise.resolve(),
      start: () => undefined,
      repeat,
      stop: () => Promise.resolve(),
    };
    const supervisor: UsedOfSupervisor = { assign: () => gate.pass(), release: () => Promise.resolve() };
    const ownership: UsedOfOwnership = { onGained: () => undefined, onGiven: () => undefined, onLost: () => undefined };
    const runtime = new ConnectionsRuntime(
      new InProcessBus(),
      ownership as Ownership,
      supervisor as ConnectionSupervisor,
      { refresh: () => Promise.resolve() } as OrganizationNetworks,
      holding as WhileHolding,
      parseConfig({}),
      silentLogger(),
    );

    const release = gate.hold();
    const first = runtime.start();
    await new Promise((resolve) => setImmediate(resolve));
    await runtime.stop();
    const second = runtime.start();
    release();
    await Promise.all([first, second]);
    expect(repeat).toHaveBeenCalledTimes(1);
    await runtime.stop();
  });
});
