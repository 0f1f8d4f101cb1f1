import { choiceIn, numberIn, textIn } from '../../lib/url-state';
import type { RawSearch } from '../../lib/url-state';

export const CONNECTIONS = ['connected', 'disconnected', 'unknown'] as const;
export const SENSOR_SORTS = ['name_ci', '-name_ci', 'serial', '-serial'] as const;

/** What the address of a list of sensors says; a parameter that is missing has its default. */
export interface SensorsSearch {
  readonly connection?: (typeof CONNECTIONS)[number] | undefined;
  /** A part of the name or the serial. */
  readonly q?: string | undefined;
  readonly sort?: (typeof SENSOR_SORTS)[number] | undefined;
  /** From 1. */
  readonly page?: number | undefined;
  readonly size?: number | undefined;
}

export function readSensorsSearch(search: RawSearch): SensorsSearch {
  return {
    connection: choiceIn(search, 'connection', CONNECTIONS),
    q: textIn(search, 'q'),
    sort: choiceIn(search, 'sort', SENSOR_SORTS, 'name_ci'),
    page: numberIn(search, 'page', { min: 1, max: 100_000, byDefault: 1 }),
    size: numberIn(search, 'size', { min: 1, max: 100, byDefault: 25 }),
  };
}
