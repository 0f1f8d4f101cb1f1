import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import { figureOf } from '../figure';
import type { Figure } from '../figure';
import { p99Of } from '../storm/p99-of';
import { BenchProcess } from '../support/bench-process';
import { median } from '../support/ratio';
import type { Round } from '../support/rounds';
import type { Hub, ReadingsStage } from './readings-stage';

const SAMPLE_MS = 250;
const KIND = 'reading';

interface SteadyRound {
  /** The 99th percentile of a status, in milliseconds: without readings, and while they arrive. */
  readonly latency: Round<number>;
  /** Readings sent and not committed: in the first half, and in the second. */
  readonly waiting: Round<number>;
  /** Seconds from the last that was sent until all were committed. */
  readonly lag: number;
}

/** Measures the service while vibration readings arrive at a steady rate. Rejects if one of them is not stored. */
export async function measureSteady(bench: Bench, stage: ReadingsStage): Promise<Figure[]> {
  const { dir, cleanUp, size } = bench;
  const hub = await stage.launchProduct();
  const prober = cleanUp.keep(new BenchProcess('bench/storm/latency-prober.js', { dir }));
  const p99While = (goOn: () => Promise<unknown>): Promise<number> =>
    p99Of(prober, { url: hub.url, gatewayIds: stage.rows.gatewayIds, suffix: '/status' }, goOn);

  const rounds: SteadyRound[] = [];
  await sleep(size.warmUp * 1000);
  await p99While(() => sleep(size.warmUp * 1000));
  while (rounds.length < size.steadyRounds) {
    const baseline = await p99While(() => sleep(size.quiet * 1000));
    let sending: Omit<SteadyRound, 'latency'> | undefined;
    const product = await p99While(async () => (sending = await sendSteadily(bench, stage, hub)));
    if (sending) rounds.push({ ...sending, latency: { product, baseline } });
  }
  await hub.process.stop();

  const rate = `at ${size.steadyRate} vibration readings/s`;
  const { latency, waiting, lag } = {
    latency: rounds.map((round) => round.latency),
    waiting: rounds.map((round) => round.waiting),
    lag: Math.max(...rounds.map((round) => round.lag)),
  };
  return [
    figureOf({ id: 'readings.latency', title: `p99 of a status ${rate}, against quiet`, unit: 'ms' }, latency),
    figureOf({ id: 'readings.waiting', title: 'readings that wait, second half against first', unit: '' }, waiting),
    { id: 'readings.lag', title: 'the last sent until all are stored', unit: 's', count: lag },
  ];
}

async function sendSteadily({ size }: Bench, stage: ReadingsStage, hub: Hub): Promise<Omit<SteadyRound, 'latency'>> {
  const [rate, count] = [size.steadyRate, size.steadyRate * size.steadyRound];
  const since = await stage.lastNumber('product', KIND);
  const startedAt = Date.now();
  const sent = stage.send({ side: 'product', kind: KIND, count, rate });
  const halves: Record<'first' | 'second', number[]> = { first: [], second: [] };
  for (let elapsed = 0; elapsed < size.steadyRound; elapsed = (Date.now() - startedAt) / 1000) {
    await sleep(SAMPLE_MS);
    const due = Math.min(count, ((Date.now() - startedAt) / 1000) * rate);
    const waiting = due - (await stage.storedSince('product', KIND, since));
    halves[elapsed < size.steadyRound / 2 ? 'first' : 'second'].push(waiting);
  }
  const { endedAt } = await sent;
  const lag = ((await stage.untilStored(hub, KIND, since, count)) - endedAt) / 1000;
  return { lag, waiting: { product: median(halves.second), baseline: median(halves.first) } };
}
