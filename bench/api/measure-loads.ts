import { measureFigure } from '../figure';
import type { Figure, Subject } from '../figure';
import type { Size } from '../size';
import type { Load } from '../support/load-generator';
import type { LoadSender } from '../support/load-sender';
import { measureRounds, SIDES } from '../support/rounds';
import type { Round, Side } from '../support/rounds';

type Loads = Round<Omit<Load, 'seconds'>>;

/** Compares two loads by answers per second, after a warm-up of both. */
export async function measureLoads(sender: LoadSender, subject: Subject, loads: Loads, size: Size): Promise<Figure> {
  return measureFigure(subject, size.rounds, await warmUp(sender, loads, size));
}

/** Like `measureLoads`, for a figure of several pairs of processes. */
export async function measureLoadRounds(sender: LoadSender, loads: Loads, size: Size): Promise<Round<number>[]> {
  return measureRounds(size.rounds, await warmUp(sender, loads, size));
}

/** Warms both sides up. Returns a function that measures the answers per second of one side. */
async function warmUp(
  sender: LoadSender,
  loads: Loads,
  { apiWarmUp, apiRound }: Size,
): Promise<(side: Side) => Promise<number>> {
  const measure = (side: Side, seconds: number): Promise<number> => sender.perSecond({ ...loads[side], seconds });
  if (apiWarmUp > 0) for (const side of SIDES) await measure(side, apiWarmUp);
  return (side) => measure(side, apiRound);
}
