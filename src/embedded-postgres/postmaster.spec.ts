import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostmaster, isPostmasterOf, parsePidFile, readPidFile } from './postmaster';

const pidFile = (pid: number, state = 'ready   ') =>
  [pid, '/data/pgdata', 1_700_000_000, 25_432, '', '127.0.0.1', '  1234   5678', state, ''].join('\n');

describe('parsePidFile', () => {
  it('reads the pid, the port and whether the server is ready', () => {
    expect(parsePidFile(pidFile(4711))).toEqual({ pid: 4711, port: 25_432, ready: true });
  });

  it('treats a server that is starting or stopping, or has not reported its state, as not ready', () => {
    expect(parsePidFile(pidFile(4711, 'starting'))).toMatchObject({ ready: false });
    expect(parsePidFile(pidFile(4711, 'stopping'))).toMatchObject({ ready: false });
    expect(parsePidFile('4711\n/data/pgdata\n1700000000\n25432\n')).toEqual({ pid: 4711, port: 25_432, ready: false });
  });

  it.each(['', '\n', '4711', '4711\n/data/pgdata\n170', 'no\npid\nin\nhere\n', '-1\n\n\n25432\n', '1.5\n\n\n25432\n'])(
    'finds no server in %j',
    (text) => expect(parsePidFile(text)).toBeNull(),
  );
});

describe('findPostmaster', () => {
  let directory = '';

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'postmaster-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** A process that only looks like a server. */
  async function impostor(...args: string[]) {
    const child = spawn('sh', ['-c', 'echo up; read -r _', 'postgres', ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    const end = async () => {
      child.stdin.end();
      await once(child, 'exit');
    };
    return { pid: child.pid ?? 0, end };
  }

  it('finds nothing without a pid file', async () => {
    expect(await readPidFile(directory)).toBeNull();
    expect(await findPostmaster(directory)).toBeNull();
  });

  it('finds a live server of this cluster, and not one that ended', async () => {
    const { pid, end } = await impostor('-D', directory);
    await writeFile(join(directory, 'postmaster.pid'), pidFile(pid));

    expect(await findPostmaster(directory)).toEqual({ pid, port: 25_432, ready: true });
    await end();
    expect(await findPostmaster(directory)).toBeNull();
    expect(await readPidFile(directory)).toMatchObject({ pid });
  });

  it('ignores a pid that now belongs to another program', async () => {
    await writeFile(join(directory, 'postmaster.pid'), pidFile(process.pid));

    expect(await findPostmaster(directory)).toBeNull();
  });

  it('ignores the server of another cluster whose path begins with the same name', async () => {
    const { pid, end } = await impostor('-D', `${directory}2`, '-p', '25432');

    expect(await isPostmasterOf(directory, pid)).toBe(false);
    expect(await isPostmasterOf(`${directory}2`, pid)).toBe(true);
    await end();
  });

  it('ignores a zombie process', async () => {
    // The shell starts a child, then execs a program that never reaps it.
    const parent = spawn('sh', ['-c', '(exit 0) & echo $!; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];

    expect(await isPostmasterOf(directory, Number(line.toString()))).toBe(false);
    parent.stdin.end();
    await once(parent, 'exit');
  });
});
