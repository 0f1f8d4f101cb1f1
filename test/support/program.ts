import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 60_000;
const POLL_MS = 10;

/** The top of the repository, above this file both in the sources and in the build. */
const root = folderOf('package.json', __dirname);

/** A compiled program, in its own process and process group. */
export class Program {
  output = '';
  private hasEnded = false;
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  /**
   * @param name below `dist/src`, such as `main.js`
   * @param variables the whole environment, except for PATH
   * @param preloaded a script that is loaded first and answers `ask`; it may call the garbage collector
   * @param launcher a command that executes the program in its place
   */
  constructor(
    name: string,
    variables: Record<string, string>,
    args: string[] = [],
    preloaded?: string,
    launcher: readonly string[] = [],
  ) {
    const options = preloaded === undefined ? [] : ['--expose-gc', '--require', preloaded];
    const command = [...launcher, process.execPath, ...options, join(root, 'dist/src', name), ...args];
    this.child = spawn(command[0] ?? '', command.slice(1), {
      cwd: tmpdir(), // Away from a developer's .env file.
      detached: true,
      env: { PATH: process.env['PATH'], ...variables },
      stdio: ['ignore', 'pipe', 'pipe', ...(preloaded === undefined ? [] : ['ipc' as const])],
    });
    this.child.stdout?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child.stderr?.on('data', (data: Buffer) => (this.output += data.toString()));
    this.ended = once(this.child, 'close').then(([code]) => {
      this.hasEnded = true;
      return code as number | null;
    });
  }

  get isRunning(): boolean {
    return !this.hasEnded;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until the output matches, and returns the match. @throws Error after a minute, or if the program ends without one */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const { hasEnded } = this; // Read before the output, which is complete once the program has ended.
      const match = pattern.exec(this.output);
      if (match) return match;
      if (hasEnded || performance.now() > deadline) {
        throw new Error(`it has not printed ${String(pattern)}, but:\n${this.output}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Returns the output since the last call, and forgets it: for programs that print for hours. */
  takeOutput(): string {
    const { output } = this;
    this.output = '';
    return output;
  }

  /** Asks the preloaded script; one question at a time. @throws Error if the program ends first */
  async ask(question: string): Promise<unknown> {
    const answer = once(this.child, 'message').then(([message]) => message as unknown);
    this.child.send(question);
    return Promise.race([
      answer,
      this.ended.then((code) => Promise.reject(new Error(`it has ended (${String(code)})`))),
    ]);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Sends the signal to every process of the group, as Ctrl-C does. */
  killGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Resolves with the exit code when the program has ended; null if a signal ended it. */
  exit(): Promise<number | null> {
    return this.ended;
  }

  /** For the end of a test: kills the program if it is still running. */
  async destroy(): Promise<void> {
    if (!this.hasEnded) this.kill('SIGKILL');
    await this.ended;
  }
}

/** The other processes whose command line contains a text, such as the path of a data directory: pid and command line. Linux only. */
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

function folderOf(file: string, folder: string): string {
  return existsSync(join(folder, file)) ? folder : folderOf(file, dirname(folder));
}
