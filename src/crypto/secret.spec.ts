import { inspect } from 'node:util';
import { Secret } from './secret';

describe('Secret', () => {
  const secret = Secret.of('hunter2');

  it('reveals its value on request', () => {
    expect(secret.reveal()).toBe('hunter2');
  });

  it.each([
    ['text', String(secret)],
    ['JSON', JSON.parse(JSON.stringify(secret))],
    ['the inspector', inspect(secret)],
  ])('appears as [secret] in %s', (_, text) => {
    expect(text).toBe('[secret]');
  });

  it.each([
    ['text', String(secret)],
    ['JSON', JSON.stringify({ secret })],
    ['the inspector', inspect({ secret }, { showHidden: true, depth: 9 })],
    ['its keys', JSON.stringify(Object.entries(secret))],
  ])('GATEWAY-07: does not show its value in %s', (_, text) => {
    expect(text).not.toContain('hunter2');
  });

  it('CRYPTO-02: decrypts a sealed value only when it is revealed', () => {
    const open = jest.fn(() => 'opened');
    const sealed = Secret.sealed(open);
    expect(open).not.toHaveBeenCalled();
    expect(sealed.reveal()).toBe('opened');
  });

  it('SEC-25: passes its binding to what opens it, and a new binding makes a new secret', () => {
    const open = jest.fn((binding?: string) => `opened for ${binding}`);
    const sealed = Secret.sealed(open);
    const bound = sealed.for('row 1');
    expect(bound.reveal()).toBe('opened for row 1');
    expect(bound.for('row 2').revealOrNull()).toBe('opened for row 2');
    expect([sealed.binding, bound.binding]).toEqual([undefined, 'row 1']);
    expect([String(bound), JSON.stringify(bound), inspect(bound)]).toEqual(['[secret]', '"[secret]"', '[secret]']);
    expect(Secret.of('hunter2').for('row 1').reveal()).toBe('hunter2');
  });

  it('returns null from revealOrNull when it cannot be decrypted', () => {
    const broken = Secret.sealed(() => {
      throw new Error('no such key');
    });
    expect(broken.revealOrNull()).toBeNull();
    expect(() => broken.reveal()).toThrow('no such key');
    expect(secret.revealOrNull()).toBe('hunter2');
  });
});
