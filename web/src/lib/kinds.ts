import type { Reading, Sensor } from '../../.generated/types.gen';
import type { IconName } from '../parts/icon';

export type Kind = Reading['kind'];
export type Axis = 'x' | 'y' | 'z';

export const KINDS = ['vibration', 'temperature', 'battery'] as const satisfies readonly Kind[];
export const AXES = ['x', 'y', 'z'] as const satisfies readonly Axis[];

/** What a sensor measures: its name, and its picture. */
export const KIND_LOOKS: Record<Kind, { readonly label: string; readonly icon: IconName }> = {
  vibration: { label: 'Vibration', icon: 'sensors' },
  temperature: { label: 'Temperature', icon: 'temperature' },
  battery: { label: 'Battery', icon: 'battery' },
};

/** The unit of the temperatures of a sensor; empty if nobody has stated it. */
export function temperatureUnit({ settings }: Pick<Sensor, 'settings'>): string {
  const { temperature_unit: unit } = settings;
  return unit === 'celsius' ? '°C' : unit === 'fahrenheit' ? '°F' : '';
}

/** The unit of the values of a kind, as far as it is known. The API does not state that of a charge. */
export function unitOf(kind: Kind, sensor: Pick<Sensor, 'settings'>): string {
  return kind === 'temperature' ? temperatureUnit(sensor) : '';
}
