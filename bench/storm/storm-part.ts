import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench';
import { figureOf } from '../figure';
import type { Figure } from '../figure';
import { UNPACED } from '../support/product';
import { measureRounds, SIDES } from '../support/rounds';
import type { Round, Side } from '../support/rounds';
import { untilConnected } from '../support/sessions';
import { StormStage } from './storm-stage';
import type { Hub } from './storm-stage';

/**
 * Sessions count as stable, which resets their back-off, before the next storm. With the default that would take longer, and each
 * storm would make the product wait longer than the one before.
 */
const TRUSTING = { STABLE_AFTER_MS: '1000' };

interface Storm {
  /** Seconds until all were connected again. */
  readonly back: number;
  /** The 99th percentile of GET by id before the storm and during it, in milliseconds. */
  readonly quiet: number;
  readonly stormy: number;
}

/** Drops all gateways at once and measures how they come back: with every dial at once on both sides, and with the product's own pacing. */
export async function stormPart(bench: Bench): Promise<Figure[]> {
  const { size } = bench;
  const count = size.stormFleet;
  const stage = await StormStage.start(bench);
  const hubs = {
    product: await stage.launchProduct({ ...UNPACED, ...TRUSTING }),
    baseline: await stage.launchBaseline(),
  };
  for (const side of SIDES) await untilConnected(hubs[side].sessions, count);

  const storms = await measureRounds(size.rounds, async (side): Promise<Storm> => {
    const hub = hubs[side];
    await sleep(size.warmUp * 1000);
    const quiet = await stage.p99Quiet(hub, size.quiet);
    let back = 0;
    const stormy = await stage.p99While(hub, async () => (back = await dropAll(hub, count)));
    return { back, quiet, stormy };
  });
  for (const side of SIDES) await hubs[side].process.stop();

  const back = storms.map(({ product, baseline }) => ({ product: product.back, baseline: baseline.back }));
  return [
    figureOf({ id: 'storm.back', title: `${count} dropped at once, until all are back`, unit: 's' }, back),
    latency('storm.latency-lifted', 'p99 of GET by id while all log in, unpaced', storms, 'product'),
    latency('storm.latency-bare', 'the same of the bare program', storms, 'baseline'),
    await measurePaced(bench, stage),
  ];
}

/** The baseline of this figure is the same side in quiet times. */
function latency(id: string, title: string, storms: readonly Round<Storm>[], side: Side): Figure {
  const rounds = storms.map((storm) => ({ product: storm[side].stormy, baseline: storm[side].quiet }));
  return figureOf({ id, title: `${title}, against quiet`, unit: 'ms' }, rounds);
}

/** Drops all gateways. Returns the seconds until all are connected again. */
async function dropAll({ gateways, sessions }: Hub, count: number): Promise<number> {
  const droppedAt = Date.now();
  await gateways.process.order('all', 'drop');
  const { lastConnectedAt } = await untilConnected(sessions, count, droppedAt);
  return (lastConnectedAt - droppedAt) / 1000;
}

/** With the product's own pacing, one storm lasts long enough for all rounds. */
async function measurePaced({ size }: Bench, stage: StormStage): Promise<Figure> {
  const hub = await stage.launchProduct({});
  await untilConnected(hub.sessions, size.stormFleet);
  await sleep(size.settle * 1000);
  const quiet: number[] = [];
  while (quiet.length < size.rounds) quiet.push(await stage.p99Quiet(hub, size.quiet));

  const rounds: Round<number>[] = [];
  await hub.gateways.process.order('all', 'drop');
  for (const baseline of quiet) rounds.push({ product: await stage.p99Quiet(hub, size.quiet), baseline });
  await hub.process.stop();
  const title = `p99 of GET by id while all log in, paced as by default, against quiet`;
  return figureOf({ id: 'storm.latency', title, unit: 'ms' }, rounds);
}
