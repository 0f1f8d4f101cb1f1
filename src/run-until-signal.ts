import { safeError } from './logging/safe-error';

/** All of a shutdown must fit into this, or an orchestrator kills what is left. */
const SHUTDOWN_MS = 10_000;

/** Something that runs until it is stopped. */
export interface Running {
  /** Resolves with a reason when it cannot go on. */
  readonly failed?: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts something, stops it on SIGINT or SIGTERM, and ends the process: with 0 when all went well, with 1 and the reason on
 * standard error when not. A signal that comes while it starts stops it as soon as it has; a second one ends it at once.
 */
export async function runUntilSignal(start: () => Promise<Running>): Promise<void> {
  const ended = new Promise<string | null>((resolve) => {
    let signals = 0;
    const onSignal = () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      resolve(null);
    };
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    const onFault = (error: unknown) => resolve(describe(error));
    process.on('uncaughtException', onFault).on('unhandledRejection', onFault);
  });

  try {
    const running = await start();
    const problem = await Promise.race([ended, ...(running.failed ? [running.failed] : [])]);
    setTimeout(() => exit('it did not stop in time'), SHUTDOWN_MS - 500).unref();
    await running.stop();
    exit(problem);
  } catch (error) {
    exit(describe(error));
  }
}

function exit(problem: string | null): never {
  if (problem !== null) process.stderr.write(`gateway hub: ${problem}\n`);
  process.exit(problem === null ? 0 : 1);
}

/** Errors of libraries are not printed as they are: they carry parameters and rows. */
function describe(error: unknown): string {
  const safe = safeError(error);
  if (typeof safe === 'string') return safe;
  return safe.type === 'ConfigError' ? safe.message : (safe.stack ?? safe.message);
}
