import type { Sensor } from '../../../.generated/types.gen';

/** What a sensor is called. Until somebody names it, its name is its serial, which says nothing alone. */
export function nameOf({ name, serial }: Pick<Sensor, 'name' | 'serial'>): string {
  return name === '' || name === String(serial) ? `Sensor ${serial}` : name;
}
