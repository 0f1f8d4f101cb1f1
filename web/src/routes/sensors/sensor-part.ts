import type { Sensor } from '../../../.generated/types.gen';
import type { SensorSearch } from './sensor-search';

/** What the parts of the page are given. */
export interface SensorPart {
  readonly sensor: Sensor;
  /** Of the factory. */
  readonly zone: string | undefined;
  readonly search: SensorSearch;
  /** Changes what the address says. */
  readonly onSearch: (changes: SensorSearch) => void;
}
