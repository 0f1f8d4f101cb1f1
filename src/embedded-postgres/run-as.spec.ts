import { commandLine, findServant, identity, waysToRun } from './run-as';

const nobody = { uid: 65_534, gid: 65_533 };
const alice = { uid: 1000, gid: 100 };

describe('waysToRun', () => {
  it('leaves an ordinary user as it is', () => {
    expect(waysToRun(1000, null, nobody)).toEqual([{ kind: 'self' }]);
    expect(waysToRun(1000, nobody, nobody)).toEqual([{ kind: 'self' }]);
  });

  it('leaves everybody as they are on a system without uids', () => {
    expect(waysToRun(undefined, null, null)).toEqual([{ kind: 'self' }]);
  });

  it('prefers a namespace for root, since files then stay its own', () => {
    expect(waysToRun(0, null, nobody)).toEqual([
      { kind: 'namespace', account: nobody },
      { kind: 'account', account: nobody },
    ]);
    expect(waysToRun(0, { uid: 0, gid: 0 }, nobody)).toHaveLength(2);
  });

  it("makes root the owner of an ordinary user's cluster, and nobody else", () => {
    expect(waysToRun(0, alice, nobody)).toEqual([{ kind: 'account', account: alice }]);
  });

  it('knows no way for root where there is nobody to become', () => {
    expect(waysToRun(0, null, null)).toEqual([]);
  });
});

describe('findServant', () => {
  it('takes postgres before nobody', () => {
    const passwd = 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65533::/:\npostgres:x:70:71::/:\n';
    expect(findServant(passwd)).toEqual({ uid: 70, gid: 71 });
  });

  it('takes nobody where there is no postgres, or where postgres is root', () => {
    expect(findServant('nobody:x:65534:65533::/:')).toEqual(nobody);
    expect(findServant('postgres:x:0:0::/:\nnobody:x:65534:65533::/:')).toEqual(nobody);
  });

  it('finds none in an empty or a broken file', () => {
    expect(findServant('')).toBeNull();
    expect(findServant('nobody:x\n')).toBeNull();
  });
});

describe('commandLine and identity', () => {
  const command = ['postgres', '--version'];

  it('change nothing for oneself', () => {
    expect(commandLine({ kind: 'self' }, command)).toEqual(command);
    expect(identity({ kind: 'self' })).toEqual({});
  });

  it('enter a namespace as ourselves, and look like the account in it', () => {
    const as = { kind: 'namespace', account: nobody } as const;
    expect(commandLine(as, command).join(' ')).toBe(
      'unshare --user --map-user=65534 --map-group=65533 -- postgres --version',
    );
    expect(identity(as)).toEqual({});
  });

  it('become the account, with nothing before the command', () => {
    const as = { kind: 'account', account: alice } as const;
    expect(commandLine(as, command)).toEqual(command);
    expect(identity(as)).toEqual(alice);
  });
});
