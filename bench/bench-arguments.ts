import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from '../src/cli/run-command';
import { full, quick } from './size';
import type { Size } from './size';

export const USAGE = `Measures the service against bare programs that do the same, side by side.

  npm run bench -- [part …] [options]

  part                analysis, api, auth, console, fleet, ingest, metrics, readings, storm (all of them)
  --quick             tiny, to see that it works: its figures mean nothing
  --results <folder>  where the figures are written as JSON (bench/results)
  --cpu-prof <folder> writes a profile of the service there, whenever one ends
  --help              this text
`;

export const PART_NAMES = [
  'analysis',
  'api',
  'auth',
  'console',
  'fleet',
  'ingest',
  'metrics',
  'readings',
  'storm',
] as const;

export type PartName = (typeof PART_NAMES)[number];

export interface BenchArguments {
  readonly parts: readonly PartName[];
  readonly size: Size;
  /** Absolute path of a folder. */
  readonly results: string;
  readonly productOptions: readonly string[];
}

/** Parses the command line. Null for `--help`. @throws UsageError */
export function parseBenchArguments(args: readonly string[]): BenchArguments | null {
  const { values, positionals } = parse(args);
  if (values.help === true) return null;
  const profiles = values['cpu-prof'];
  return {
    parts: positionals.length === 0 ? PART_NAMES : positionals.map(partName),
    size: values.quick === true ? quick : full,
    results: resolve(values.results ?? join(__dirname, '../../bench/results')), // From `dist/bench`.
    productOptions: profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(profiles)}`],
  };
}

// No declared return type: the inferred one lists exactly the options.
function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { quick: flag, results: text, 'cpu-prof': text, help: { ...flag, short: 'h' } } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function partName(text: string): PartName {
  const name = PART_NAMES.find((known) => known === text);
  if (name !== undefined) return name;
  throw new UsageError(`there is no part "${text}"; there are ${PART_NAMES.join(', ')}`);
}
