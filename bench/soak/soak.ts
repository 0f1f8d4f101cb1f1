import { setMaxListeners } from 'node:events';
import { print } from '../../src/cli/run-command';
import { describeProblem } from '../../src/app/run-until-signal';
import { seededRandom } from '../../simulator/seeded-random';
import { eventually } from '../../test/support/eventually';
import { observe } from './observe';
import { ServiceLog } from './service-log';
import type { SoakArguments } from './soak-arguments';
import { Stage } from './stage';
import { summary } from './summary';
import type { Findings } from './summary';
import { Troublemaker } from './troublemaker';
import { troublesOf } from './troubles';

/** Longer than the longest back-off plus a dial. */
const PATIENCE_MS = 120_000;

/** Runs a soak to its end, or until it is interrupted, and prints its findings. Returns whether every invariant held. */
export async function soak(args: SoakArguments, interrupted: AbortSignal): Promise<boolean> {
  print(`${args.count} gateways, ${args.minutes} minutes, seed ${args.seed}. Starting all of it …`);
  const stage = await Stage.start(args.count);
  const log = new ServiceLog(stage.service.program);
  const findings: Findings = { samples: [], troubles: new Map(), problems: [] };
  try {
    print(`PostgreSQL in ${stage.dataDir}, the service on ${stage.service.api.url} as process ${stage.service.pid}`);
    await misbehave(stage, log, args, interrupted, findings);
    findings.problems.push(...(await stage.stop()));
  } catch (error) {
    findings.problems.push(describeProblem(error));
  } finally {
    await stage.destroy();
  }
  log.read();
  findings.problems.push(...log.problems);
  print(summary(findings));
  return findings.problems.length === 0;
}

async function misbehave(
  stage: Stage,
  log: ServiceLog,
  { count, minutes, seed }: SoakArguments,
  interrupted: AbortSignal,
  findings: Findings,
): Promise<void> {
  const { fleet, service } = stage;
  const patients = await stage.createGateways();
  await untilConnected(stage, count);

  const durationMs = minutes * 60_000;
  const troublemaker = new Troublemaker({
    patients,
    troublesOf: (patient) => troublesOf(patient, fleet, service.api),
    random: seededRandom(seed),
    durationMs,
    counts: findings.troubles,
  });
  const ids = patients.map(({ id }) => id);
  const over = after(durationMs, interrupted);
  await Promise.all([troublemaker.run(over), observe(service, ids, log, durationMs, over, findings)]);

  if (!interrupted.aborted) await untilConnected(stage, count);
  for (const { number, maxOpenConnections } of await fleet.members()) {
    if (maxOpenConnections > 1) findings.problems.push(`gateway ${number} had ${maxOpenConnections} sockets at once`);
  }
}

function untilConnected({ service }: Stage, count: number): Promise<void> {
  return eventually(async () => {
    const connected = await service.count('connected');
    if (connected !== count) throw new Error(`only ${connected} of ${count} gateways are connected`);
  }, PATIENCE_MS);
}

/** A signal that aborts after `ms` milliseconds, or earlier with `other`. */
function after(ms: number, other: AbortSignal): AbortSignal {
  // Not AbortSignal.any(): Node 20 may garbage-collect its source signals, and then it never aborts.
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  setTimeout(abort, ms).unref();
  setMaxListeners(0, controller.signal); // One for each gateway in trouble.
  if (other.aborted) abort();
  else other.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
