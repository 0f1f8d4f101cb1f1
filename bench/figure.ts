import { isTooCloseToCall } from './bars';
import { compare } from './support/ratio';
import type { Comparison } from './support/ratio';
import { measureRounds } from './support/rounds';
import type { Round, Side } from './support/rounds';

/** What a figure is about. */
export interface Subject {
  /** Of its bar, if it has one. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
}

/** One line of a report: a comparison, or a count that is compared with nothing but its bar. */
export type Figure = Subject & (Comparison | { readonly count: number });

/** The value that a bar is about. */
export function valueOf(figure: Figure): number {
  return 'count' in figure ? figure.count : figure.ratio;
}

export function figureOf(subject: Subject, rounds: readonly Round<number>[]): Figure {
  return { ...subject, ...compare(rounds) };
}

/** Measures rounds, and as many again when they are too close to the bar to be believed at once. */
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

/** Does a run of rounds, and another one when the figure they give is too close to its bar. */
export async function measureAgainIfClose<Value>(
  id: string,
  read: (value: Round<Value>) => Round<number>,
  run: () => Promise<Round<Value>[]>,
): Promise<Round<Value>[]> {
  const rounds = await run();
  if (isTooCloseToCall(id, compare(rounds.map(read)).ratio)) rounds.push(...(await run()));
  return rounds;
}
