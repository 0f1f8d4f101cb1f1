import type { BenchProcess } from '../support/bench-process';
import type { LatencyReport, Target } from './latency-prober';

/**
 * The 99th percentile of the answers while `goOn` runs, in milliseconds.
 * @param prober the process `latency-prober`
 * @throws Error if a request fails
 */
export async function p99Of(prober: BenchProcess, target: Target, goOn: () => Promise<unknown>): Promise<number> {
  await prober.ask(target);
  await goOn();
  const { p99Ms, answers, problems } = await prober.ask<LatencyReport>('report');
  if (problems.length > 0) throw new Error(`${problems.length} of ${answers} requests failed: ${problems[0]}`);
  return p99Ms;
}
