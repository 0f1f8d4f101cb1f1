/** A user and group of this machine. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * How to run a PostgreSQL program, which refuses to run as root:
 * - `self`: as the user of this process.
 * - `namespace`: in a user namespace where root appears as `account`. Files still belong to root, and every path stays reachable.
 * - `account`: with the uid and gid of `account`, which must be able to reach the programs and the data.
 */
export type RunAs = { kind: 'self' } | { kind: 'namespace'; account: Account } | { kind: 'account'; account: Account };

/**
 * The ways to try, best first. Empty if this process is root and there is no account to switch to.
 *
 * @param uid of this process; undefined where the system has none.
 * @param clusterOwner owner of an existing cluster.
 * @param servant an unprivileged account of this machine.
 */
export function waysToRun(uid: number | undefined, clusterOwner: Account | null, servant: Account | null): RunAs[] {
  if (uid !== 0) return [{ kind: 'self' }];
  // PostgreSQL accepts a cluster from its owner only.
  if (clusterOwner && clusterOwner.uid !== 0) return [{ kind: 'account', account: clusterOwner }];
  if (!servant) return [];
  return [
    { kind: 'namespace', account: servant },
    { kind: 'account', account: servant },
  ];
}

/**
 * Finds the account that PostgreSQL runs as when this process is root: `postgres`, or `nobody` if there is no `postgres`.
 * @param passwd the content of a passwd file
 */
export function findServant(passwd: string): Account | null {
  const rows = passwd.split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const row = rows.find((fields) => fields[0] === name);
    const account = { uid: Number(row?.[2]), gid: Number(row?.[3]) };
    if (account.uid > 0 && Number.isInteger(account.gid)) return account;
  }
  return null;
}

/** The command line that runs `command` this way. Spawn it with the uid and gid from `identity`. */
export function commandLine(as: RunAs, command: string[]): string[] {
  if (as.kind !== 'namespace') return command;
  const { uid, gid } = as.account;
  return ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--', ...command];
}

/** The uid and gid to spawn with; empty to keep those of this process. */
export function identity(as: RunAs): Partial<Account> {
  return as.kind === 'account' ? { uid: as.account.uid, gid: as.account.gid } : {};
}
