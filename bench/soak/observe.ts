import { print } from '../../src/cli/run-command';
import { ApiWatch } from '../../test/support/api-watch';
import type { ServiceProcess } from '../../test/support/service-process';
import { pause } from './pause';
import { HEADER, line, takeSample } from './sample';
import type { ServiceLog } from './service-log';
import type { Findings } from './summary';

const LONGEST_INTERVAL_MS = 60_000;
const SAMPLES_AT_LEAST = 10;

/** Uses the API until `end` aborts. Takes and prints a sample every minute, or every tenth of the run if that is shorter. */
export async function observe(
  service: ServiceProcess,
  gatewayIds: readonly string[],
  log: ServiceLog,
  durationMs: number,
  end: AbortSignal,
  { samples, problems }: Findings,
): Promise<void> {
  const intervalMs = Math.min(LONGEST_INTERVAL_MS, durationMs / SAMPLES_AT_LEAST);
  const startedAt = performance.now();
  const watch = new ApiWatch(service.api, gatewayIds);
  try {
    print(HEADER);
    while (!end.aborted) {
      await pause(intervalMs, end);
      log.read();
      const report = watch.take();
      problems.push(...report.problems);
      const sample = await takeSample(service, startedAt, report);
      samples.push(sample);
      print(line(sample));
    }
  } finally {
    problems.push(...(await watch.stop()).problems);
  }
}
