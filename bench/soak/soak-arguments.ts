import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { UsageError } from '../../src/cli/run-command';

export const USAGE = `Runs the service for a long time against simulated gateways that misbehave, and watches what it holds.

  npm run soak -- [options]

  --minutes <n>  how long the gateways misbehave, such as 0.5 or 480 (10)
  --count <n>    how many gateways (100)
  --seed <n>     repeats the choice of faults (any)
  --help         this text
`;

export interface SoakArguments {
  readonly minutes: number;
  readonly count: number;
  readonly seed: number;
}

/** Parses the command line. Null for `--help`. @throws UsageError */
export function parseSoakArguments(args: readonly string[]): SoakArguments | null {
  const text = { type: 'string' } as const;
  const options = { minutes: text, count: text, seed: text, help: { type: 'boolean', short: 'h' } } as const;
  const { minutes, count, seed, help } = parse(() => parseArgs({ args: [...args], options }).values);
  if (help === true) return null;
  return {
    minutes: number('minutes', minutes ?? '10', 0.05, 20_000),
    count: Math.floor(number('count', count ?? '100', 1, 20_000)),
    seed: seed === undefined ? randomInt(2 ** 31) : Math.floor(number('seed', seed, 0, 2 ** 32)),
  };
}

function parse<Values>(read: () => Values): Values {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function number(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= min && value <= max) return value;
  throw new UsageError(`--${name} must be a number from ${min} to ${max}, not "${text}"`);
}
