import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { childEnvironment } from './child-environment';
import { commandLine, identity } from './run-as';
import type { RunAs } from './run-as';

/**
 * Runs "$@" and ends it when our end of its stdin closes. The kernel closes that pipe however this process ends, even by SIGKILL, so
 * this is more reliable than any cleanup code here.
 *
 * The pipe is on descriptor 3, because a background job has /dev/null for stdin. A background job also starts with SIGINT ignored:
 * until PostgreSQL has set its handlers, only SIGTERM ends it. After that, the two signals together mean a fast shutdown.
 * The watcher is killed when the program ends; otherwise it could later signal an unrelated process with the same pid.
 */
const SUPERVISE = `
exec 3<&0
"$@" 3<&- & program=$!
{ read -r _ <&3; kill -TERM $program; kill -INT $program; } 2>/dev/null & watcher=$!
wait $program; code=$?
kill $watcher 2>/dev/null
exit $code`;

export interface SupervisedCommand {
  runAs: RunAs;
  command: string[];
  /** File that the output is appended to; created with mode 0600. */
  log: string;
  environment?: NodeJS.ProcessEnv;
}

/** A program that ends with this process, however that ends. Does not keep Node alive. */
export class SupervisedProcess {
  /** Resolves with how it ended: such as `exit code 0`, the name of a signal, or an error message. */
  readonly ended: Promise<string>;
  private endedAs: string | null = null;

  private constructor(private readonly child: ChildProcess) {
    this.ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
      child.once('error', (error) => resolve(error.message));
    });
    void this.ended.then((how) => (this.endedAs = how));

    child.unref();
    // Nothing is written, so an error only means that the other end is gone, which `ended` reports.
    child.stdin?.on('error', () => undefined);
    if (child.stdin instanceof Socket) child.stdin.unref();
  }

  /** @throws Error if the log cannot be opened. */
  static async start({ runAs, command, log, environment }: SupervisedCommand): Promise<SupervisedProcess> {
    const output = await open(log, 'a', 0o600);
    try {
      const child = spawn('sh', ['-c', SUPERVISE, 'sh', ...commandLine(runAs, command)], {
        ...identity(runAs),
        cwd: '/',
        env: { ...childEnvironment(), ...environment },
        stdio: ['pipe', output.fd, output.fd],
        // In its own session: Ctrl-C signals every process of the terminal's group, and the server must stay up while we shut down.
        detached: true,
      });
      return new SupervisedProcess(child);
    } finally {
      await output.close();
    }
  }

  get isRunning(): boolean {
    return this.endedAs === null;
  }

  /** Asks the program to end; `ended` resolves when it has. */
  end(): void {
    this.child.stdin?.destroy();
  }
}
