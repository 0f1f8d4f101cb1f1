import { figureOf, measureAgainIfClose } from '../figure';
import type { Figure } from '../figure';
import { median } from '../support/ratio';
import { measureRounds, SIDES } from '../support/rounds';
import type { Round, Side } from '../support/rounds';
import type { Hub, ReadingsStage } from './readings-stage';
import type { SentKind } from './sent-kind';

/** A burst of readings that are sent at once. */
interface Burst {
  /** Readings per second, from the first that is sent until all are committed. */
  readonly rate: number;
  /** Milliseconds of processor time for each reading: of the program, and of the gateways. */
  readonly cpu: number;
  readonly sender: number;
}

export interface BurstKind {
  /** Of the figures: `readings.<id>`. */
  readonly id: string;
  readonly title: string;
  readonly kind: SentKind;
  readonly count: number;
}

/** Measures how fast readings are stored that are sent as fast as they are taken. */
export async function measureBursts(
  stage: ReadingsStage,
  hubs: Round<Hub>,
  rounds: number,
  { id, title, kind, count }: BurstKind,
): Promise<Figure[]> {
  const burst = (side: Side): Promise<Burst> => measureBurst(stage, hubs[side], kind, count);
  for (const side of SIDES) await burst(side);
  const rate = pick(({ rate }) => rate);
  const bursts = await measureAgainIfClose(`readings.${id}`, rate, () => measureRounds(rounds, burst));
  const sender = bursts.flatMap(({ product, baseline }) => [product.sender, baseline.sender]);
  const figure = (suffix: string, of: string, unit: string, read: (burst: Burst) => number): Figure =>
    figureOf({ id: `readings.${id}${suffix}`, title: `${title}${of}`, unit }, bursts.map(pick(read)));
  return [
    figure('', '', 'readings/s', ({ rate }) => rate),
    figure('-cpu', ': processor time of each', 'ms', ({ cpu }) => cpu),
    { id: `readings.${id}-sender`, title: `${title}: that of the gateways`, unit: 'ms', count: median(sender) },
  ];
}

function pick(read: (burst: Burst) => number): (round: Round<Burst>) => Round<number> {
  return ({ product, baseline }) => ({ product: read(product), baseline: read(baseline) });
}

async function measureBurst(stage: ReadingsStage, hub: Hub, kind: SentKind, count: number): Promise<Burst> {
  const { side, process } = hub;
  const since = await stage.lastNumber(side, kind);
  const used = { hub: process.cpuSeconds, sender: stage.sender.cpuSeconds };
  const { startedAt } = await stage.send({ side, kind, count, rate: null });
  const storedAt = await stage.untilStored(hub, kind, since, count);
  const perReading = (seconds: number): number => (seconds * 1000) / count;
  return {
    rate: (count * 1000) / (storedAt - startedAt),
    cpu: perReading(process.cpuSeconds - used.hub),
    sender: perReading(stage.sender.cpuSeconds - used.sender),
  };
}
