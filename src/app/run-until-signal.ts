import { atMost } from '../common/at-most';
import { standardOutput } from '../logging/log-output';
import { safeError } from '../logging/safe-error';

/** Time limit for the whole shutdown: an orchestrator kills a process that takes longer. */
const SHUTDOWN_MS = 10_000;

/** Ctrl-C signals every process of the terminal, and npm forwards it to us as well: one key press arrives as two signals. */
const SAME_SIGNAL_MS = 1000;

/** How long an exit waits for the readers of the log and of standard error, which may be slow or gone. */
const LAST_WORDS_MS = 500;

/** Errors whose message is enough for an operator; they are printed without a stack trace. */
const FOR_PEOPLE = ['ConfigError', 'UsageError', 'EarlierVersionError', 'AdoptionRefusedError', 'RuntimeRoleError'];

/** Something that runs until it is stopped. */
export interface Running {
  /** Resolves with a reason if it cannot continue. */
  readonly failed?: Promise<string>;
  /** Called on SIGHUP, which then does not stop it. */
  readonly reload?: () => void;
  stop(): Promise<void>;
  /** Time limit for the whole shutdown, in milliseconds, if it needs more than others. */
  readonly shutdownMs?: number;
}

/**
 * Runs `start` until SIGINT, SIGTERM or SIGHUP, then stops and exits: with 0 on success, with 1 and the reason on standard error on
 * failure. A signal during the start stops it as soon as it is up; another one, at least a second later, ends the process at once.
 * What has a `reload` gets that on SIGHUP instead.
 */
export async function runUntilSignal(start: () => Promise<Running>): Promise<void> {
  let reload: (() => void) | undefined;
  const ended = new Promise<string | null>((resolve) => {
    let signalledAt = Infinity;
    const onSignal = () => {
      if (performance.now() - signalledAt > SAME_SIGNAL_MS)
        void standardOutput.drain(LAST_WORDS_MS).then(() => exit(1));
      signalledAt = Math.min(signalledAt, performance.now());
      resolve(null);
    };
    // SIGHUP: the terminal was closed. Output fails from then on, which must not count as an error.
    process
      .on('SIGINT', onSignal)
      .on('SIGTERM', onSignal)
      .on('SIGHUP', () => (reload ?? onSignal)());
    for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
    const onFault = (error: unknown) => resolve(describeProblem(error));
    process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  });

  try {
    const running = await start();
    ({ reload } = running);
    const problem = await Promise.race([ended, ...(running.failed ? [running.failed] : [])]);
    setTimeout(
      () => void end('it did not stop in time'),
      (running.shutdownMs ?? SHUTDOWN_MS) - 2 * LAST_WORDS_MS,
    ).unref();
    await running.stop();
    await end(problem);
  } catch (error) {
    await end(describeProblem(error));
  }
}

/** Exits after a last attempt to write the log and the reason. */
async function end(problem: string | null): Promise<never> {
  await Promise.all([standardOutput.drain(LAST_WORDS_MS), problem === null ? null : report(problem)]);
  return exit(problem === null ? 0 : 1);
}

/** Writes the reason to standard error, within a time limit: the reader may be slow or gone. */
async function report(problem: string): Promise<void> {
  const text = `gateway hub: ${problem}\n`;
  await atMost(LAST_WORDS_MS, new Promise<void>((resolve) => process.stderr.write(text, () => resolve())));
}

function exit(code: 0 | 1): never {
  // process.exit waits for running threads.
  if (isLookingUpNames() || standardOutput.isWriting) endAtOnce(code === 0 ? 'SIGTERM' : 'SIGKILL');
  process.exit(code);
}

/** Pending look-ups cannot be cancelled, and take half a minute each if the name server does not answer. */
function isLookingUpNames(): boolean {
  return process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
}

/** Ends the process by a signal's default action. An end by SIGTERM also counts as clean. */
function endAtOnce(signal: 'SIGTERM' | 'SIGKILL'): void {
  if (signal === 'SIGTERM') process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** The text to print for an error. Library errors are not printed as they are, because they carry parameters and rows. */
export function describeProblem(error: unknown): string {
  const safe = safeError(error);
  if (typeof safe === 'string') return safe;
  return FOR_PEOPLE.includes(safe.type) ? safe.message : (safe.stack ?? safe.message);
}
