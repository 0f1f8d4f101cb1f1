import { ladderOfStatus, ladderOfTest } from './ladder';

const refused = { code: 'connect_refused', step: 'tcp', message: 'Connection refused by 10.0.0.7:5000' } as const;
const results = (rungs: readonly { step: string; result: string }[]) =>
  Object.fromEntries(rungs.map(({ step, result }) => [step, result]));

describe('the ladder of a status', () => {
  it('is climbed to the top while the gateway is connected, without TLS on ws://', () => {
    const rungs = ladderOfStatus({ state: 'connected', reason: null }, false);
    expect(rungs.filter(({ result }) => result !== 'passed')).toEqual([
      { step: 'tls', result: 'unused', ms: null, reason: null },
    ]);
    expect(ladderOfStatus({ state: 'connected', reason: null }, true).every(({ result }) => result === 'passed')).toBe(
      true,
    );
  });

  it('fails at the step of the reason, and says nothing of those after it', () => {
    const rungs = ladderOfStatus({ state: 'reconnecting', reason: refused }, true);
    expect(results(rungs)).toMatchObject({
      credentials: 'passed',
      resolve: 'passed',
      tcp: 'failed',
      tls: 'open',
      login: 'open',
    });
    expect(rungs.find(({ step }) => step === 'tcp')?.reason).toBe(refused);
  });

  it('fails at TLS even if the URL has changed to ws:// meanwhile', () => {
    const reason = { ...refused, code: 'tls_failed', step: 'tls' } as const;
    expect(results(ladderOfStatus({ state: 'reconnecting', reason }, false))).toMatchObject({ tls: 'failed' });
  });

  it('is at the login while the login is sent, and claims nothing of a gateway that is not wanted', () => {
    expect(results(ladderOfStatus({ state: 'authenticating', reason: null }, true))).toMatchObject({
      upgrade: 'passed',
      login: 'open',
    });
    expect(new Set(Object.values(results(ladderOfStatus({ state: 'disconnected', reason: null }, true))))).toEqual(
      new Set(['open']),
    );
  });
});

describe('the ladder of a test', () => {
  it('has the time of each step that ran, and leaves out the session, which a test does not open', () => {
    const test = {
      ok: false,
      rungs: [
        { step: 'resolve', ok: true, ms: 0.4, reason: null },
        { step: 'tcp', ok: false, ms: 1.2, reason: refused },
      ],
    } as const;
    const rungs = ladderOfTest({ ...test, rungs: [...test.rungs] }, false);
    expect(results(rungs)).toEqual({
      credentials: 'open',
      resolve: 'passed',
      tcp: 'failed',
      tls: 'unused',
      upgrade: 'open',
      login: 'open',
      subscribe: 'open',
    });
    expect(rungs.map(({ ms }) => ms)).toEqual([null, 0.4, 1.2, null, null, null, null]);
  });
});
