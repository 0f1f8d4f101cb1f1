import { commandLine, findServant, identity, waysToRun } from './run-as';

const nobody = { uid: 65_534, gid: 65_533 };
const alice = { uid: 1000, gid: 100 };

describe('waysToRun', () => {
  it('keeps an ordinary user', () => {
    expect(waysToRun(1000, null, nobody)).toEqual([{ kind: 'self' }]);
    expect(waysToRun(1000, nobody, nobody)).toEqual([{ kind: 'self' }]);
  });

  it('keeps the current user on a system without uids', () => {
    expect(waysToRun(undefined, null, null)).toEqual([{ kind: 'self' }]);
  });

  it('prefers a namespace for root, so that files remain owned by root', () => {
    expect(waysToRun(0, null, nobody)).toEqual([
      { kind: 'namespace', account: nobody },
      { kind: 'account', account: nobody },
    ]);
    expect(waysToRun(0, { uid: 0, gid: 0 }, nobody)).toHaveLength(2);
  });

  it('switches root to the owner of the cluster, if that is an ordinary user', () => {
    expect(waysToRun(0, alice, nobody)).toEqual([{ kind: 'account', account: alice }]);
  });

  it('finds no way for root when there is no account to switch to', () => {
    expect(waysToRun(0, null, null)).toEqual([]);
  });
});

describe('findServant', () => {
  it('prefers the account postgres to the account nobody', () => {
    const passwd = 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65533::/:\npostgres:x:70:71::/:\n';
    expect(findServant(passwd)).toEqual({ uid: 70, gid: 71 });
  });

  it('uses the account nobody when there is no postgres, or postgres is root', () => {
    expect(findServant('nobody:x:65534:65533::/:')).toEqual(nobody);
    expect(findServant('postgres:x:0:0::/:\nnobody:x:65534:65533::/:')).toEqual(nobody);
  });

  it('finds no account in an empty or a broken file', () => {
    expect(findServant('')).toBeNull();
    expect(findServant('nobody:x\n')).toBeNull();
  });
});

describe('commandLine and identity', () => {
  const command = ['postgres', '--version'];

  it('change nothing when the user stays the same', () => {
    expect(commandLine({ kind: 'self' }, command)).toEqual(command);
    expect(identity({ kind: 'self' })).toEqual({});
  });

  it('enter a namespace as the current user, mapped to the account', () => {
    const as = { kind: 'namespace', account: nobody } as const;
    expect(commandLine(as, command).join(' ')).toBe(
      'unshare --user --map-user=65534 --map-group=65533 -- postgres --version',
    );
    expect(identity(as)).toEqual({});
  });

  it('switch to the account without a prefix to the command', () => {
    const as = { kind: 'account', account: alice } as const;
    expect(commandLine(as, command)).toEqual(command);
    expect(identity(as)).toEqual(alice);
  });
});
