import { parseArgs } from 'node:util';
import { UsageError } from '../../src/cli/run-command';
import { SHARD_COUNT } from '../../src/ownership/shard';

export const USAGE = `Simulates a cluster of replicas: who owns which gateways, through faults. Needs no database.

  npm run cluster:simulate -- [options]

  --runs <n>       clusters, each with random faults and a seed of its own (100)
  --seed <n>       of the first run; the next ones count up (1)
  --replicas <n>   in each cluster (3)
  --minutes <n>    how long the faults go on (10)
  --suspend        machines are suspended as well, with their clocks: then two may order for a moment
  --gateways <n>   instead: one large cluster with so many gateways, through deaths, freezes and an upgrade
  --shards <n>     of each cluster (24, or ${SHARD_COUNT} with --gateways)
  --help           this text
`;

export interface ClusterArguments {
  readonly runs: number;
  readonly seed: number;
  readonly replicas: number;
  readonly minutes: number;
  readonly hasSuspensions: boolean;
  /** Null: many small clusters in place of a large one. */
  readonly gateways: number | null;
  readonly shards: number;
}

const FEW_SHARDS = 24;

/** Parses the command line. Null for `--help`. @throws UsageError */
export function parseClusterArguments(args: readonly string[]): ClusterArguments | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { runs: text, seed: text, replicas: text, minutes: text, gateways: text, shards: text } as const;
  const values = parse(() => parseArgs({ args: [...args], options: { ...options, suspend: flag, help: flag } }).values);
  if (values.help === true) return null;
  const gateways = values.gateways === undefined ? null : whole('gateways', values.gateways, 10_000_000);
  return {
    runs: whole('runs', values.runs ?? '100', 1_000_000),
    seed: whole('seed', values.seed ?? '1', 2 ** 31),
    replicas: whole('replicas', values.replicas ?? '3', 200),
    minutes: whole('minutes', values.minutes ?? '10', 10_000),
    hasSuspensions: values.suspend === true,
    gateways,
    shards: whole('shards', values.shards ?? String(gateways === null ? FEW_SHARDS : SHARD_COUNT), 16_384),
  };
}

function parse<Values>(read: () => Values): Values {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string, max: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new UsageError(`--${name} must be a whole number from 1 to ${max}, not "${text}"`);
}
