import { isTooCloseToCall } from './bars';
import { compare } from './support/ratio';
import type { Comparison } from './support/ratio';
import { measureRounds } from './support/rounds';
import type { Round, Side } from './support/rounds';

/** Identifies and describes a figure. */
export interface Subject {
  /** Also the id of its bar, if it has one. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
}

/** One line of a report: a comparison, or a count without a baseline. */
export type Figure = Subject & (Comparison | { readonly count: number });

/** The value that the bar applies to. */
export function valueOf(figure: Figure): number {
  return 'count' in figure ? figure.count : figure.ratio;
}

export function figureOf(subject: Subject, rounds: readonly Round<number>[]): Figure {
  return { ...subject, ...compare(rounds) };
}

/** Measures `count` rounds, and as many again if the result is too close to the bar. */
export async function measureFigure(
  subject: Subject,
  count: number,
  measure: (side: Side) => Promise<number>,
): Promise<Figure> {
  return figureOf(
    subject,
    await measureAgainIfClose(
      subject.id,
      (round) => round,
      () => measureRounds(count, measure),
    ),
  );
}

/** Runs once, and once more if the resulting ratio is too close to the bar. Returns the rounds of both runs. */
export async function measureAgainIfClose<Value>(
  id: string,
  read: (value: Round<Value>) => Round<number>,
  run: () => Promise<Round<Value>[]>,
): Promise<Round<Value>[]> {
  const rounds = await run();
  if (isTooCloseToCall(id, compare(rounds.map(read)).ratio)) rounds.push(...(await run()));
  return rounds;
}
