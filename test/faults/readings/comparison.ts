import type { RecordKind } from '../../../simulator/model/records';
import type { ReadingKind } from '../../../src/readings/reading';
import type { Device, Measured } from './device';
import type { Stored } from './stored-copy';

export const KINDS: Readonly<Record<RecordKind, ReadingKind>> = {
  reading: 'vibration',
  temp: 'temperature',
  batt: 'battery',
};

/** Notified records of a gateway in the mode `disjoint` have their number in the history, and this. */
const NOTIFIED_FROM = 500_000;

/** How the readings of a gateway differ from what it measured. */
export interface Difference {
  /** Measured, and not stored. */
  readonly missing: readonly Measured[];
  /** Stored more than once. */
  readonly doubled: readonly string[];
  /** Stored, but not measured by that sensor. */
  readonly misfiled: readonly string[];
}

/** Compares what a gateway measured of a kind with the readings that are filed under it. */
export function compare(device: Device, kind: RecordKind, stored: readonly Stored[]): Difference {
  const own = stored.filter(({ reading }) => reading.gateway_id === device.id && reading.kind === KINDS[kind]);
  const measured = groupsOf(device.all(kind), (entry) => keyOfMeasured(device, entry));
  const found = groupsOf(own, (one) => keyOfStored(device, one));
  const doubled: string[] = [];
  const misfiled: string[] = [];
  const missing: Measured[] = [];
  for (const [key, copies] of found) {
    const originals = measured.get(key)?.length ?? 0;
    if (originals === 0) misfiled.push(`${key}: ${describe(copies)}`);
    else if (copies.length > originals) doubled.push(`${key}: ${describe(copies)}`);
  }
  for (const [key, originals] of measured) {
    const copies = found.get(key)?.length ?? 0;
    // Records without a number that say the same cannot be told apart.
    if (copies > 0 && device.traits.ids === 'none') continue;
    missing.push(...originals.slice(0, Math.max(0, originals.length - copies)));
  }
  return { missing, doubled, misfiled };
}

/** What identifies a record. A vibration reading needs no number: its samples say which it is. */
function keyOfMeasured({ traits }: Device, { kind, serial, number, id, value, time }: Measured): string {
  if (kind === 'reading') return `${serial} ${number} ${time}`;
  return `${serial} ${traits.ids === 'none' ? 'no id' : id} ${value} ${time}`;
}

function keyOfStored({ traits }: Device, { reading, watermarks }: Stored): string {
  const { serial, record_id: id, value, time_text: time } = reading;
  if (reading.kind === 'vibration') {
    const [first] = watermarks;
    const isWhole = watermarks.every((mark) => mark?.number === first?.number && mark?.serial === serial);
    return isWhole ? `${serial} ${first?.number} ${time}` : `mixed: ${JSON.stringify(watermarks)}`;
  }
  const notified: unknown = reading.extra?.['notified_id'];
  // As long as its record was not fetched from the history, a reading has the number of the notification.
  const known = id ?? (typeof notified === 'number' ? notified : null);
  const original = traits.ids === 'disjoint' && known !== null && known > NOTIFIED_FROM ? known - NOTIFIED_FROM : known;
  return `${serial} ${original ?? 'no id'} ${value} ${time}`;
}

function groupsOf<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function describe(copies: readonly Stored[]): string {
  return copies
    .map(({ reading }) => `${reading.id} era ${reading.era} record ${reading.record_id} ${reading.origin}`)
    .join(', ');
}
