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

/** One of the compiled programs, running as a process of its own, in a process group of its own. */
export class Program {
  output = '';
  private hasEnded = false;
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  /**
   * @param name below `dist/src`, such as `main.js`. The environment is what is given and nothing else.
   * @param preloaded a script that is loaded before it and answers what is asked; it may call the garbage collector.
   * @param launcher a program with its arguments that becomes the one it is given
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

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until it has printed something, and gives the match. @throws Error when it has not, after a minute or at its end. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const { hasEnded } = this; // Before the output is looked at, which is whole then.
      const match = pattern.exec(this.output);
      if (match) return match;
      if (hasEnded || performance.now() > deadline) {
        throw new Error(`it has not printed ${String(pattern)}, but:\n${this.output}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Takes what it has printed since the last time, which nobody else sees then: for programs that print for hours. */
  takeOutput(): string {
    const { output } = this;
    this.output = '';
    return output;
  }

  /** Asks what was preloaded into it. One question at a time. @throws Error when it has ended. */
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
    if (!this.hasEnded) this.kill('SIGKILL');
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

function folderOf(file: string, folder: string): string {
  return existsSync(join(folder, file)) ? folder : folderOf(file, dirname(folder));
}
