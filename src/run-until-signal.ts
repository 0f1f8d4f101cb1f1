import { atMost } from './common/at-most';
import { standardOutput } from './logging/log-output';
import { safeError } from './logging/safe-error';

/** All of a shutdown must fit into this, or an orchestrator kills what is left. */
const SHUTDOWN_MS = 10_000;

/** Ctrl-C reaches every process of the terminal, and npm hands it on to us as well: one key press comes as two signals. */
const SAME_SIGNAL_MS = 1000;

/** How long an end waits for the readers of the log and of standard error: it does not depend on them. */
const LAST_WORDS_MS = 500;

/** Something that runs until it is stopped. */
export interface Running {
  /** Resolves with a reason when it cannot go on. */
  readonly failed?: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts something, stops it on SIGINT, SIGTERM or SIGHUP, and ends the process: with 0 when all went well, with 1 and the reason on
 * standard error when not. A signal that comes while it starts stops it as soon as it has; another one, a second or more later, ends it at once.
 */
export async function runUntilSignal(start: () => Promise<Running>): Promise<void> {
  const ended = new Promise<string | null>((resolve) => {
    let signalledAt = Infinity;
    const onSignal = () => {
      if (performance.now() - signalledAt > SAME_SIGNAL_MS)
        void standardOutput.drain(LAST_WORDS_MS).then(() => exit(1));
      signalledAt = Math.min(signalledAt, performance.now());
      resolve(null);
    };
    // SIGHUP: the terminal was closed. What is printed from then on has nowhere to go, which must not look like a fault.
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
    for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
    const onFault = (error: unknown) => resolve(describeProblem(error));
    process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  });

  try {
    const running = await start();
    const problem = await Promise.race([ended, ...(running.failed ? [running.failed] : [])]);
    setTimeout(() => void end('it did not stop in time'), SHUTDOWN_MS - 2 * LAST_WORDS_MS).unref();
    await running.stop();
    await end(problem);
  } catch (error) {
    await end(describeProblem(error));
  }
}

/** Writes what can be written, and exits. */
async function end(problem: string | null): Promise<never> {
  await Promise.all([standardOutput.drain(LAST_WORDS_MS), problem === null ? null : report(problem)]);
  return exit(problem === null ? 0 : 1);
}

/** Says on standard error why it ends. Its reader may be slow, or gone. */
async function report(problem: string): Promise<void> {
  const text = `gateway hub: ${problem}\n`;
  await atMost(LAST_WORDS_MS, new Promise<void>((resolve) => process.stderr.write(text, () => resolve())));
}

function exit(code: 0 | 1): never {
  // An exit waits for whatever a thread does.
  if (isLookingUpNames() || standardOutput.isWriting) endAtOnce(code === 0 ? 'SIGTERM' : 'SIGKILL');
  process.exit(code);
}

/** They cannot be called off, and take half a minute each where the name server is dead. */
function isLookingUpNames(): boolean {
  return process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap');
}

/** Ends the process by a signal, as if nobody listened to it: for what was asked to end, that is a good end too. */
function endAtOnce(signal: 'SIGTERM' | 'SIGKILL'): void {
  if (signal === 'SIGTERM') process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/** What to print of an error. Those of libraries are not printed as they are: they carry parameters and rows. */
export function describeProblem(error: unknown): string {
  const safe = safeError(error);
  if (typeof safe === 'string') return safe;
  return ['ConfigError', 'UsageError'].includes(safe.type) ? safe.message : (safe.stack ?? safe.message);
}
