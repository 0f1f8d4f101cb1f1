import { print, runCommand } from '../../src/cli/run-command';
import { runChaos } from './chaos';
import { parseClusterArguments, USAGE } from './cluster-arguments';
import type { ClusterArguments } from './cluster-arguments';
import { runGrowth } from './growth';
import { Summary } from './summary';

runCommand(() => {
  const args = parseClusterArguments(process.argv.slice(2));
  if (!args) {
    print(USAGE);
    return Promise.resolve(0);
  }
  const isFine = args.gateways === null ? simulateMany(args) : simulateLarge(args, args.gateways);
  return Promise.resolve(isFine ? 0 : 1);
});

function simulateMany({ runs, seed, ...options }: ClusterArguments): boolean {
  const summary = new Summary();
  for (let run = seed; run < seed + runs; run += 1) summary.add(run, runChaos({ seed: run, ...options }));
  print(`${summary.toString()}\n`);
  return summary.isFine;
}

function simulateLarge({ seed, replicas, shards }: ClusterArguments, gateways: number): boolean {
  const growth = runGrowth({ seed, replicas, shards, gateways });
  for (const [name, value] of Object.entries(growth)) print(`${name}: ${JSON.stringify(value)}\n`);
  return growth.violations.length === 0;
}
