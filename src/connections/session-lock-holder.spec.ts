import { silentLogger } from '../../test/unit-support/silent-logger';
import { parseConfig } from '../config/config';
import type { LockOutcome, SessionLock } from '../database/session-lock';
import type { ConnectionsRuntime } from './connections-runtime';
import type { FreezeWatch } from './freeze-watch';
import { SessionLockHolder } from './session-lock-holder';

type UsedOfLock = Pick<SessionLock, 'tryAcquire' | 'release'>;
type UsedOfRuntime = Pick<ConnectionsRuntime, 'start' | 'stop'>;
type UsedOfFreeze = Pick<FreezeWatch, 'onFreeze' | 'reopen' | 'mayAct'>;

describe('SessionLockHolder', () => {
  it('LIFECYCLE-05: starts no session with a lock that is granted when the service is already stopping', async () => {
    let grant: (outcome: LockOutcome) => void = () => undefined;
    const calls: string[] = [];
    const note = (call: string) => () => {
      calls.push(call);
      return Promise.resolve();
    };
    const lock: UsedOfLock = {
      tryAcquire: () => new Promise((resolve) => (grant = resolve)),
      release: note('release'),
    };
    const runtime: UsedOfRuntime = { start: note('start'), stop: note('stop') };
    const freeze: UsedOfFreeze = { onFreeze: () => undefined, reopen: () => undefined, mayAct: () => true };
    const lease = new SessionLockHolder(
      parseConfig({}),
      lock as SessionLock,
      runtime as ConnectionsRuntime,
      freeze as FreezeWatch,
      silentLogger(),
    );

    const started = lease.onApplicationBootstrap();
    await lease.onModuleDestroy();
    grant('acquired');
    await started;
    expect(calls).toEqual(['stop', 'release', 'release']);
  });
});
