import { measureFigure } from '../figure';
import type { Figure, Subject } from '../figure';
import type { Size } from '../size';
import type { Load } from '../support/load-generator';
import type { LoadSender } from '../support/load-sender';
import { SIDES } from '../support/rounds';
import type { Round, Side } from '../support/rounds';

/** Compares two loads by answers per second, after a warm-up of both. */
export async function measureLoads(
  sender: LoadSender,
  subject: Subject,
  loads: Round<Omit<Load, 'seconds'>>,
  { rounds, apiWarmUp, apiRound }: Size,
): Promise<Figure> {
  const measure = (side: Side, seconds: number): Promise<number> => sender.perSecond({ ...loads[side], seconds });
  if (apiWarmUp > 0) for (const side of SIDES) await measure(side, apiWarmUp);
  return measureFigure(subject, rounds, (side) => measure(side, apiRound));
}
