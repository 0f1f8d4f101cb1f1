import { createContext, use } from 'react';

/** In which time zone times are shown: that of the plant, that of the browser, or UTC. */
export type ZoneChoice = 'plant' | 'mine' | 'utc';

export const ZONE_CHOICES: readonly (readonly [choice: ZoneChoice, label: string])[] = [
  ['plant', 'Plant time'],
  ['mine', 'My time'],
  ['utc', 'UTC'],
];

export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The choice for all pages, and how to change it. */
export const ZoneContext = createContext<{ choice: ZoneChoice; choose: (choice: ZoneChoice) => void }>({
  choice: 'plant',
  choose: () => undefined,
});

/** The zone in which a time is shown. @param plant of the factory that the time is about; without one, plant time is the browser's */
export function useZone(plant: string | null | undefined): string {
  const { choice } = use(ZoneContext);
  if (choice === 'utc') return 'UTC';
  return choice === 'plant' ? (plant ?? ownZone) : ownZone;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a format is slow, so each is made once. An unknown zone, of a newer database of zones than the browser's, is UTC. */
function formatOf(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (!format) {
    try {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone });
    } catch {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
    }
    formats.set(key, format);
  }
  return format;
}

const DATE = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;

/** `2026-11-29 12:03:11` in a zone. */
export function formatMoment(time: number, zone: string): string {
  const parts = new Map(
    formatOf(zone, { ...DATE, ...CLOCK })
      .formatToParts(time)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
}

/** `12:03:11` in a zone. */
export function formatClock(time: number, zone: string): string {
  return formatMoment(time, zone).slice(11);
}

/** `2026-11-29` in a zone. */
export function formatDay(time: number, zone: string): string {
  return formatMoment(time, zone).slice(0, 10);
}

/** `12:03` in a zone. */
export function formatHour(time: number, zone: string): string {
  return formatMoment(time, zone).slice(11, 16);
}

/** The short name of a zone at a time, such as `GMT+1`, `CET` or `UTC`. */
export function zoneName(time: number, zone: string): string {
  const parts = formatOf(zone, { timeZoneName: 'short', hour: '2-digit' }).formatToParts(time);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone;
}
