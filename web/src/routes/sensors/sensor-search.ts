import { KINDS } from '../../lib/kinds';
import type { Kind } from '../../lib/kinds';
import { choiceIn } from '../../lib/url-state';
import type { RawSearch } from '../../lib/url-state';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How far back trends go. */
export const RANGES = {
  '6h': { label: '6 h', ms: 6 * HOUR_MS },
  '24h': { label: '24 h', ms: DAY_MS },
  '7d': { label: '7 d', ms: 7 * DAY_MS },
  '30d': { label: '30 d', ms: 30 * DAY_MS },
  '1y': { label: '1 y', ms: 365 * DAY_MS },
} as const;
type Range = keyof typeof RANGES;
export const RANGE_NAMES = Object.keys(RANGES) as Range[];

/** What the trend of vibration shows of each axis. */
export const FIGURES = ['velocity_rms', 'rms', 'peak', 'crest', 'kurtosis'] as const;
export type Figure = (typeof FIGURES)[number];

/** What the address of the page of a sensor says; a parameter that is missing has its default. */
export interface SensorSearch {
  readonly range?: Range | undefined;
  readonly figure?: Figure | undefined;
  /** Of the readings that are listed. */
  readonly kind?: Kind | undefined;
  /** `true`: the settings are being changed. */
  readonly edit?: true | undefined;
}

export function readSensorSearch(search: RawSearch): SensorSearch {
  return {
    range: choiceIn(search, 'range', RANGE_NAMES, '24h'),
    figure: choiceIn(search, 'figure', FIGURES, 'rms'),
    kind: choiceIn(search, 'kind', KINDS),
    edit: search.edit === 'true' || search.edit === true ? true : undefined,
  };
}
