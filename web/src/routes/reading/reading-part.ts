import type { Reading, VibrationFigures } from '../../../.generated/types.gen';
import type { ReadingSearch } from './reading-search';

/** What the parts of the page are given. */
export interface ReadingPart {
  readonly reading: Reading;
  readonly vibration: VibrationFigures;
  readonly search: ReadingSearch;
  /** Changes what the address says. */
  readonly onSearch: (changes: ReadingSearch) => void;
}
