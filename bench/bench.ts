import type { Figure } from './figure';
import type { Size } from './size';
import type { CleanUp } from './support/clean-up';
import type { DatabaseTemplate } from './support/database-template';

/** What every part of the benchmark receives. */
export interface Bench {
  readonly size: Size;
  /** A temporary folder, removed at the end. */
  readonly dir: string;
  readonly cleanUp: CleanUp;
  readonly template: DatabaseTemplate;
  /** Node options for the product only, such as those of the profiler. */
  readonly productOptions: readonly string[];
}

/** One part of the benchmark. Rejects if anything that is measured does not work as expected. */
export type Part = (bench: Bench) => Promise<Figure[]>;
