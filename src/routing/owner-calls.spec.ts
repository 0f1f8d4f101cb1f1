import { InProcessBus } from '../bus/in-process.bus';
import type { ReplicaBus } from '../bus/replica-bus';
import { SYSTEM } from '../common/actor';
import type { Actor } from '../common/actor';
import { CredentialCipher } from '../crypto/credential-cipher';
import { GatewayNotFoundError } from '../gateways/gateway.errors';
import { AccountBudgetSpentError } from '../login-budget/login-budget.errors';
import type { Ownership, ShardsListener } from '../ownership/ownership';
import { OwnerCalls } from './owner-calls';

const ID = '00000000-0000-4000-8000-000000000007';
const KEY = Buffer.alloc(32, 7);

const actor: Actor = {
  kind: 'key',
  id: 'k',
  name: 'Homer',
  organizationId: 'o',
  scopes: new Set(['gateways:test']),
  limits: { allowedNetworks: ['10.0.0.0/8'], expiresAt: new Date(5) },
  origin: { requestId: 'r', address: '10.0.0.1', userAgent: null },
};

/** Two replicas, of which the second owns the gateway. */
function twoReplicas({ keyOfCaller = KEY } = {}) {
  const bus = Object.assign(new InProcessBus(), { isShared: true }) as ReplicaBus;
  const shards = { owned: true, give: (() => Promise.resolve()) as ShardsListener };
  const ownership = (isOwner: boolean) =>
    ({
      owns: () => isOwner && shards.owned,
      onGained: (listener: ShardsListener) => {
        if (isOwner) void listener([7]);
      },
      onGiven: (listener: ShardsListener) => {
        if (isOwner) shards.give = listener;
      },
      onLost: () => undefined,
    }) as unknown as Ownership;
  const caller = new OwnerCalls(bus, ownership(false), new CredentialCipher(keyOfCaller));
  const owner = new OwnerCalls(bus, ownership(true), new CredentialCipher(KEY));
  return { bus, shards, caller, owner };
}

const here = () => Promise.resolve('here');

describe('a request about a gateway of another replica', () => {
  it('is carried out there, with the actor and the question', async () => {
    const { caller, owner } = twoReplicas();
    const asked: unknown[] = [];
    owner.define('test', (...all) => Promise.resolve(asked.push(all)));
    await caller.define('test', here)(actor, ID, { force: true });
    expect(asked).toEqual([[actor, ID, { force: true }]]);
  });

  it.each([new GatewayNotFoundError(ID), new AccountBudgetSpentError(91_000)])(
    'is refused as there: %s',
    async (error) => {
      const { caller, owner } = twoReplicas();
      owner.define('test', () => Promise.reject(error));
      const refusal: unknown = await caller
        .define('test', here)(actor, ID, null)
        .catch((thrown: unknown) => thrown);
      const { code, message, field } = error;
      expect(refusal).toMatchObject({ code, message, field });
      // Its HTTP status comes from the class behind its own.
      const kindOf = (thrown: object): unknown => Object.getPrototypeOf(thrown.constructor);
      expect(kindOf(refusal as object)).toBe(kindOf(error));
      if (error instanceof AccountBudgetSpentError) expect(refusal).toMatchObject({ retryAfterSeconds: 91 });
    },
  );

  it('does not show what it says to whoever reads the bus', async () => {
    const { bus, caller, owner } = twoReplicas();
    owner.define('test', () => Promise.resolve('a secret answer'));
    const seen: unknown[] = [];
    const ask = bus.ask.bind(bus);
    jest.spyOn(bus, 'ask').mockImplementation(async (...question) => {
      const answer = await ask(...question);
      seen.push(question, answer);
      return answer;
    });
    expect(await caller.define('test', here)(actor, ID, { password: 'hunter2' })).toBe('a secret answer');
    expect(JSON.stringify(seen)).not.toMatch(/hunter2|Homer|secret/);
  });

  it('is not carried out if it was written without the key', async () => {
    const { bus, caller, owner } = twoReplicas({ keyOfCaller: Buffer.alloc(32, 8) });
    const carryOut = jest.fn(here);
    owner.define('test', carryOut);
    await expect(caller.define('test', here)(SYSTEM, ID, null)).rejects.toThrow('the answer from shard.7 failed');
    await expect(bus.ask('shard.7', { name: 'test', gatewayId: ID }, 1000)).rejects.toThrow();
    expect(carryOut).not.toHaveBeenCalled();
  });

  it('is refused without an owner, or carried out here if that stores a wish', async () => {
    const { shards, caller, owner } = twoReplicas();
    const carryOut = jest.fn(here);
    owner.define('test', carryOut);
    owner.define('wish', carryOut);
    const test = caller.define('test', here);
    const wish = caller.define('wish', here, { withoutOwner: 'here' });
    const unreachable = { code: 'OWNER_UNREACHABLE', retryAfterSeconds: 5 };
    shards.owned = false; // About to be given away.
    await expect(test(actor, ID, null)).rejects.toMatchObject(unreachable);
    await shards.give([7]);
    await expect(test(actor, ID, null)).rejects.toMatchObject(unreachable);
    expect(await wish(actor, ID, null)).toBe('here');
    expect(carryOut).not.toHaveBeenCalled();
  });

  it('is not repeated or carried out here when the owner is silent, which may have carried it out', async () => {
    const { caller, owner } = twoReplicas();
    owner.define('wish', () => new Promise(() => undefined));
    const carriedOutHere = jest.fn(here);
    const wish = caller.define('wish', carriedOutHere, { withoutOwner: 'here' });
    await expect(wish(actor, ID, null, 10)).rejects.toMatchObject({ code: 'OWNER_UNREACHABLE' });
    expect(carriedOutHere).not.toHaveBeenCalled();
  });
});
