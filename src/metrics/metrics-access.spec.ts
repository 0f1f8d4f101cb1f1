import type { KeyAuthenticator } from '../api-keys/key-authenticator';
import { SYSTEM } from '../common/actor';
import type { Actor } from '../common/actor';
import { parseConfig } from '../config/config';
import { MetricsAccess } from './metrics-access';

const TOKEN = 'a-token-for-the-metrics-of-this-test';
const ACTOR: Actor = { ...SYSTEM, kind: 'key' };

/** @param actor whose key every header holds; null if it holds none that works */
function access(variables: Record<string, string>, actor: Actor | null = null) {
  const authenticate = jest.fn(() => actor);
  const keys: Pick<KeyAuthenticator, 'authenticate'> = { authenticate };
  return { access: new MetricsAccess(keys as KeyAuthenticator, parseConfig(variables)), authenticate };
}
const check = (variables: Record<string, string>, header: string | undefined, actor: Actor | null = null) =>
  access(variables, actor).access.check(header, '127.0.0.1');

describe('who may read the metrics', () => {
  const open = { AUTH: 'off' };
  const guarded = { AUTH: 'off', METRICS_TOKEN: TOKEN };
  const keys = { AUTH: 'keys' };
  const both = { AUTH: 'keys', METRICS_TOKEN: TOKEN };

  it('is everybody without keys and without a token', () => {
    expect(check(open, undefined)).toBeNull();
    expect(check(open, 'Bearer anything')).toBeNull();
  });

  it.each([guarded, both])('is whoever has the token, with %j', (variables) => {
    const { access: metrics, authenticate } = access(variables);
    expect(metrics.check(`Bearer ${TOKEN}`, '127.0.0.1')).toBeNull();
    expect(metrics.check(`bearer  ${TOKEN}`, '127.0.0.1')).toBeNull();
    expect(authenticate).not.toHaveBeenCalled();
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', TOKEN, `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, `Bearer ${TOKEN} x`])(
    'is nobody with the header %j, with a token or with keys',
    (header) => {
      for (const variables of [guarded, keys, both]) expect(check(variables, header)).toBeUndefined();
    },
  );

  it('is nobody with a key while keys are off', () => {
    expect(check(guarded, 'Bearer gwh_key', ACTOR)).toBeUndefined();
  });

  it.each([keys, both])('is whoever has a key of the whole installation, with %j', (variables) => {
    expect(check(variables, 'Bearer gwh_key', ACTOR)).toBe(ACTOR);
  });
});
