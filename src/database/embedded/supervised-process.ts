import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { childEnvironment } from './child-environment';
import { commandLine, identity } from './run-as';
import type { RunAs } from './run-as';

/**
 * Runs "$@" and ends it when our end of its stdin closes. Only the kernel sees every end of a process, SIGKILL included, and
 * closing its pipes is what it does then: nothing this side could do would be as sure.
 *
 * Descriptor 3 carries the pipe, since a background job has /dev/null for stdin. A background job also starts with SIGINT
 * ignored: before PostgreSQL has set its handlers only SIGTERM ends it. Afterwards the pair means a fast shutdown.
 * The watcher is ended with the program, or it might later signal a stranger with the same pid.
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
  /** File that the output is appended to, made readable for its owner only. */
  log: string;
  environment?: NodeJS.ProcessEnv;
}

/** A program that ends when we end, in whatever way. It does not keep Node alive. */
export class SupervisedProcess {
  /** Resolves with `exit code 0` and the like. */
  readonly ended: Promise<string>;
  private endedAs: string | null = null;

  private constructor(private readonly child: ChildProcess) {
    this.ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
      child.once('error', (error) => resolve(error.message));
    });
    void this.ended.then((how) => (this.endedAs = how));

    child.unref();
    // Nothing is ever written, so an error here says only that the other end is gone, which `ended` tells.
    child.stdin?.on('error', () => undefined);
    if (child.stdin instanceof Socket) child.stdin.unref();
  }

  /** @throws Error when the log cannot be written. */
  static async start({ runAs, command, log, environment }: SupervisedCommand): Promise<SupervisedProcess> {
    const output = await open(log, 'a', 0o600);
    try {
      const child = spawn('sh', ['-c', SUPERVISE, 'sh', ...commandLine(runAs, command)], {
        ...identity(runAs),
        cwd: '/',
        env: { ...childEnvironment(), ...environment },
        stdio: ['pipe', output.fd, output.fd],
        // A session of its own: Ctrl-C reaches every process of the terminal's group, and the server must outlast our drain.
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

  /** Asks the program to end. Await `ended` to know that it did. */
  end(): void {
    this.child.stdin?.destroy();
  }
}
