import { useMemo } from 'react';
import { now, useEverySecond } from '../lib/clock';
import { formatDuration } from '../lib/format';
import { formatClock, formatMoment, useZone, zoneName } from '../lib/zones';

interface TimeProps {
  /** ISO 8601; null: never. */
  readonly at: string | null;
  /** Of the factory that the time is about; without one, plant time is that of the browser. */
  readonly zone?: string | null | undefined;
}

/** How long ago something was, or in how long it will be: `5 min ago`, `in 12 s`. The exact time is its title. */
export function Ago({ at, zone }: TimeProps) {
  const text = useEverySecond(() => (at === null ? '' : formatDistance(Date.parse(at) - now())));
  const title = useMoment(at, zone);
  if (at === null) return <span className="muted">–</span>;
  return (
    <time dateTime={at} title={title} className="nowrap">
      {text}
    </time>
  );
}

/** How long something has lasted: `5 min`. The time of its beginning is its title. */
export function Lasting({ at, zone }: TimeProps) {
  const text = useEverySecond(() => (at === null ? '' : formatDuration(now() - Date.parse(at))));
  const title = useMoment(at, zone);
  if (at === null) return <span className="muted">–</span>;
  return (
    <time dateTime={at} title={`since ${title}`} className="nowrap">
      {text}
    </time>
  );
}

/** `2026-11-29 12:03:11 CET`. */
export function Moment({ at, zone, nameless = false }: TimeProps & { readonly nameless?: boolean }) {
  const text = useMoment(at, zone);
  if (at === null) return <span className="muted">–</span>;
  return (
    <time dateTime={at} className="nowrap" title={text}>
      {nameless ? text.split(' ').slice(0, 2).join(' ') : text}
    </time>
  );
}

/** What a clock in a zone shows now: `12:03`. */
export function LocalTime({ zone }: { readonly zone: string }) {
  const text = useEverySecond(() => formatClock(now(), zone).slice(0, 5));
  return (
    <span className="nowrap" title={zone}>
      {text}
    </span>
  );
}

/** A time in the chosen zone, with its name. Kept, since a list has many of them, is drawn every second, and they take long. */
export function useMoment(at: string | null, plant?: string | null): string {
  const zone = useZone(plant);
  return useMemo(() => {
    if (at === null) return '';
    const time = Date.parse(at);
    return `${formatMoment(time, zone)} ${zoneName(time, zone)}`;
  }, [at, zone]);
}

function formatDistance(ms: number): string {
  if (ms > 999) return `in ${formatDuration(ms)}`;
  return ms > -1000 ? 'now' : `${formatDuration(-ms)} ago`;
}
