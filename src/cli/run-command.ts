import { describeProblem } from '../app/run-until-signal';

/** Wrong usage of a command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Runs a command and sets the exit code: the command's result, 2 for wrong usage, 1 for any other failure. */
export function runCommand(command: () => Promise<number>): void {
  command().then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      printProblem(describeProblem(error));
      process.exitCode = error instanceof UsageError ? 2 : 1;
    },
  );
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints to standard error what is not the result of a command, so that the result can be piped. */
export function printProblem(text: string): void {
  process.stderr.write(`${text}\n`);
}
