import { seedOf } from '../seeded-random';

export const axes = ['X', 'Y', 'Z'] as const;
export type Axis = (typeof axes)[number];

/** The record that is sampled, and how. */
export interface Sampling {
  readonly serial: number;
  /** The record's number at its gateway: see `StoredRecord`. */
  readonly number: number;
  readonly axis: Axis;
  readonly samples: number;
  readonly rateHz: number;
}

/** Chooses the random part of a record's axis. */
export function seedFor({ serial, number, axis }: Sampling): number {
  return seedOf(serial, number, axes.indexOf(axis) + 1);
}
