import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { eventually } from './eventually';

const root = resolve(__dirname, '../..');
const START_MS = 60_000;

/** One of the compiled programs, running as a process of its own, in a process group of its own. */
export class Program {
  output = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  /** @param name below `dist/src`, such as `main.js`. The environment is what is given and nothing else. */
  constructor(name: string, variables: Record<string, string>, args: string[] = []) {
    this.child = spawn(process.execPath, [resolve(root, 'dist/src', name), ...args], {
      cwd: tmpdir(), // Away from a developer's .env file.
      detached: true,
      env: { PATH: process.env['PATH'], ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until it has printed something, and gives the match. */
  prints(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(() => {
      const match = pattern.exec(this.output);
      if (!match) throw new Error(`it has not printed ${String(pattern)} yet, but:\n${this.output}`);
      return match;
    }, START_MS);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** As Ctrl-C does: every process of the group gets the signal. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Its exit code, when it has ended; null when a signal ended it. */
  exit(): Promise<number | null> {
    return this.ended;
  }

  /** For the end of a test: it must be gone, whatever happened. */
  async destroy(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.kill('SIGKILL');
    await this.ended;
  }
}

/** The processes whose command line or environment contains a text, such as the path of a data directory. Linux only. */
export function processesAbout(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return commandLine.includes(text) ? [`${pid} ${commandLine}`] : [];
      } catch {
        return []; // It has ended since.
      }
    });
}
