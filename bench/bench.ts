import type { Figure } from './figure';
import type { Size } from './size';
import type { CleanUp } from './support/clean-up';

/** What every part of the benchmark gets to work with. */
export interface Bench {
  readonly size: Size;
  /** A folder of its own, which is removed at the end. */
  readonly dir: string;
  readonly cleanUp: CleanUp;
  /** Options of Node for the product alone, such as those of its profiler. */
  readonly productOptions: readonly string[];
}

/** One part of the benchmark. Rejects when anything that is measured does not work as it should. */
export type Part = (bench: Bench) => Promise<Figure[]>;
