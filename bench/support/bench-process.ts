import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, residentMb } from '../../test/support/process-figures';

const START_MS = 60_000;
const STOP_MS = 15_000;
const POLL_MS = 10;
const COLLECTIONS_IN_VAIN = 2;
const NOTABLE_MB = 0.5;

/** The build output; this file is in its `bench/support`. */
const dist = resolve(__dirname, '../..');

let count = 0;

/** A participant of the benchmark, in its own process. Its output goes to a file, like the log of a service. */
export class BenchProcess {
  /** Epoch milliseconds. */
  readonly startedAt = Date.now();
  private readonly log: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  /**
   * @param script below `dist`, such as `src/main.js`
   * @param args passed as one JSON argument
   * @param options for Node itself
   */
  constructor(
    private readonly script: string,
    {
      dir,
      args,
      variables = {},
      options = [],
    }: {
      dir: string;
      args?: object;
      variables?: Record<string, string>;
      options?: readonly string[];
    },
  ) {
    this.log = join(dir, `${count++}.log`);
    const sink = openSync(this.log, 'w');
    this.child = fork(join(dist, script), args ? [JSON.stringify(args)] : [], {
      cwd: dir, // Away from a developer's .env file.
      env: variables,
      execArgv: [...options, '--expose-gc', '--require', join(dist, 'bench/support/probe.js')],
      stdio: ['ignore', sink, sink, 'ipc'],
    });
    closeSync(sink);
    this.ended = once(this.child, 'exit');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Its output so far. */
  get output(): string {
    return readFileSync(this.log, 'utf8');
  }

  /** Waits until it prints its URL, and returns that. @throws Error if it ends first, or after a minute */
  async listens(): Promise<string> {
    const deadline = performance.now() + START_MS;
    while (this.isRunning && performance.now() < deadline) {
      const url = /listening on (http:\/\/[^\s,"]+)/.exec(this.output)?.[1];
      if (url !== undefined) return url;
      await sleep(POLL_MS);
    }
    throw new Error(`${this.script} does not listen:\n${this.output}`);
  }

  /** Sends a question and returns the answer; one at a time. @throws Error if the process ends first */
  async ask<Answer>(question: unknown): Promise<Answer> {
    const answer = once(this.child, 'message').then(([message]) => message as Answer);
    const ended = this.ended.then(() => Promise.reject(new Error(`${this.script} has ended:\n${this.output}`)));
    this.child.send(question as string);
    return Promise.race([answer, ended]);
  }

  /** Processor time used, in seconds. */
  get cpuSeconds(): number {
    return cpuSeconds(this.pid);
  }

  /**
   * Resident memory in megabytes, once garbage collections no longer reduce it: V8 needs several to return the memory of a start.
   * @param release seconds until collected memory is returned to the system
   */
  async settledMb(release: number): Promise<number> {
    let lowest = Infinity;
    for (let inVain = 0; inVain < COLLECTIONS_IN_VAIN;) {
      await this.ask('collect');
      await sleep(release * 1000);
      const mb = residentMb(this.pid);
      inVain = mb < lowest - NOTABLE_MB ? 0 : inVain + 1;
      lowest = Math.min(lowest, mb);
    }
    return lowest;
  }

  /** Stops it as an operator stops a service; kills it if that takes too long. Safe to call again. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect(); // The probe turns this into a SIGTERM.
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }

  private get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}
