import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { print, printProblem, runCommand } from '../src/cli/run-command';
import { analysisPart } from './analysis/analysis-part';
import { apiPart } from './api/api-part';
import { authPart } from './auth/auth-part';
import type { Bench, Part } from './bench';
import { parseBenchArguments, USAGE } from './bench-arguments';
import type { BenchArguments, PartName } from './bench-arguments';
import { consolePart } from './console/console-part';
import { fleetPart } from './fleet/fleet-part';
import { ingestPart } from './ingest/ingest-part';
import { metricsPart } from './metrics/metrics-part';
import { readingsPart } from './readings/readings-part';
import { writeResult } from './result';
import { stormPart } from './storm/storm-part';
import { CleanUp } from './support/clean-up';
import { DatabaseTemplate } from './support/database-template';
import { tableOf } from './support/table';

const PARTS: Record<PartName, Part> = {
  analysis: analysisPart,
  api: apiPart,
  auth: authPart,
  console: consolePart,
  fleet: fleetPart,
  ingest: ingestPart,
  metrics: metricsPart,
  readings: readingsPart,
  storm: stormPart,
};

runCommand(async () => {
  const args = parseBenchArguments(process.argv.slice(2));
  if (!args) {
    print(USAGE);
    return 0;
  }
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const template = await DatabaseTemplate.make();
  try {
    for (const name of args.parts) await measure(name, { ...args, template }, interrupted);
    return 0;
  } catch (error) {
    printProblem(inspect(error)); // Includes the causes, which say why a request failed.
    return 1;
  } finally {
    await template.remove();
  }
});

async function measure(
  name: PartName,
  args: BenchArguments & Pick<Bench, 'template'>,
  interrupted: Promise<unknown>,
): Promise<void> {
  const cleanUp = new CleanUp();
  const dir = await mkdtemp(join(tmpdir(), 'gateway-hub-bench-'));
  print(`\n${name}, in ${dir} …`);
  const { size, template, productOptions } = args;
  const measuring = PARTS[name]({ size, dir, cleanUp, template, productOptions });
  try {
    const interruption = interrupted.then(() => Promise.reject(new Error('it was interrupted')));
    const figures = await Promise.race([measuring, interruption]);
    print(tableOf(figures));
    print(`Written to ${await writeResult(args.results, name, figures)}`);
  } finally {
    await cleanUp.run();
    await measuring.catch(() => undefined); // It fails soon: its processes are gone, and `cleanUp.add` throws from now on.
    await cleanUp.run();
    await rm(dir, { recursive: true, force: true });
  }
}
