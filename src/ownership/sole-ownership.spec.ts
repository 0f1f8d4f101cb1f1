import { silentLogger } from '../../test/unit-support/silent-logger';
import { parseConfig } from '../config/config';
import type { FreezeWatch } from './freeze-watch';
import type { LockOutcome, SessionLock } from './session-lock';
import { SoleOwnership } from './sole-ownership';

type UsedOfLock = Pick<SessionLock, 'tryAcquire' | 'release'>;
type UsedOfFreeze = Pick<FreezeWatch, 'onFreeze' | 'reopen' | 'mayAct'>;

describe('SoleOwnership', () => {
  let calls: string[];
  let grant: (outcome: LockOutcome) => void;
  let loseLock: () => void;
  let freeze: () => void;

  const note = (call: string) => () => {
    calls.push(call);
    return Promise.resolve();
  };
  /** A service whose lock is granted by `grant`. Its listeners note their calls. */
  const anOwnership = () => {
    const lock: UsedOfLock = {
      tryAcquire: (onLost) => {
        loseLock = onLost;
        return new Promise((resolve) => (grant = resolve));
      },
      release: note('release'),
    };
    const watch: UsedOfFreeze = {
      onFreeze: (listener) => (freeze = listener),
      reopen: () => undefined,
      mayAct: () => true,
    };
    const made = new SoleOwnership(parseConfig({}), lock as SessionLock, watch as FreezeWatch, silentLogger());
    made.onGained(note('gained'));
    made.onGiven(note('given'));
    made.onLost((shards, why) => note(`lost ${String(shards)}: ${why}`)());
    return made;
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => (calls = []));

  it('LIFECYCLE-05: starts no session with a lock that is granted when the service is already stopping', async () => {
    const ownership = anOwnership();
    const started = ownership.start();
    await ownership.drain();
    grant('acquired');
    await started;
    expect(calls).toEqual(['given', 'release', 'release']);
    expect(ownership.owns()).toBe(false);
  });

  it('owns every gateway, with the same epoch, while it has the lock', async () => {
    const ownership = anOwnership();
    const started = ownership.start();
    expect([ownership.owns(), ownership.epochOf(), ownership.ownerOf()]).toEqual([false, null, null]);
    grant('acquired');
    await started;
    expect([ownership.owns(), ownership.epochOf(), ownership.ownerOf()]).toEqual([
      true,
      0,
      { ...ownership.self, isLive: true },
    ]);
    await ownership.drain();
    expect([ownership.owns(), ownership.epochOf(), ownership.ownerOf()]).toEqual([false, null, null]);
  });

  it.each([
    ['another service has taken the lock', () => loseLock(), 'lost all: taken'],
    ['this service was frozen', () => freeze(), 'lost all: frozen'],
  ])('says what was lost, and why: %s', async (_case, happen, call) => {
    const ownership = anOwnership();
    const started = ownership.start();
    grant('acquired');
    await started;

    happen();
    await settle();
    grant('taken');
    await settle();
    expect(calls).toEqual(['gained', call, 'release']);
    expect(ownership.owns()).toBe(false);
    await ownership.drain();
  });
});
