import { AXES } from '../reading';
import type { AxisFigures, ReadingView, VibrationFigures } from './reading-view';
import type { ReadingRow } from './reading-row';
import type { ReadingOwner, StoredReading } from './stored-reading';

/** The statistics that are stored with single precision. */
const SINGLES = ['mean', 'rms', 'peak', 'peakToPeak', 'crest', 'kurtosis', 'velocityRms'] as const;
const REPORTED = ['reportedPeak', 'reportedPeakToPeak', 'reportedRms'] as const;

/** A reading that is in the database, just stored or completed. */
export type PresentReading = StoredReading & { readonly owner: ReadingOwner; readonly row: ReadingRow };

/** Whether a record has changed what is stored. */
export function isNews(reading: StoredReading): reading is PresentReading {
  return (
    (reading.outcome === 'new' || reading.outcome === 'completed') && reading.owner !== null && reading.row !== null
  );
}

/** A reading that was just stored, as the database would return it. `pinned` is false: new readings are never pinned. */
export function viewOf({ kind, serial, gatewayId, owner, row }: PresentReading): ReadingView {
  const { day, era, recordId, measuredAt, receivedAt, timeText, timeQuality, origin, extra, figures } = row;
  return {
    ...{ kind, day, gatewayId, era, recordId, measuredAt, receivedAt, timeText, timeQuality, origin, extra },
    number: String(row.number),
    feedPosition: String(row.feedPosition),
    serial: String(serial),
    sensorId: owner.sensorId,
    factoryId: owner.factoryId,
    organizationId: owner.organizationId,
    value: figures['value'] ?? null,
    vibration: vibrationOf(row),
  };
}

function vibrationOf({ waveform, figures }: ReadingRow): VibrationFigures | null {
  if (!waveform) return null;
  const axes = AXES.flatMap((axis) => {
    const valueOf = (name: string) => figures[`${axis}${name.charAt(0).toUpperCase()}${name.slice(1)}`] ?? null;
    const found = Object.fromEntries([
      ...SINGLES.map((name) => [name, shortest(valueOf(name))] as const),
      ...REPORTED.map((name) => [name, valueOf(name)] as const),
    ]) as unknown as AxisFigures;
    return Object.values(found).every((figure) => figure === null) ? [] : [[axis, found] as const];
  });
  return { ...waveform, pinned: false, axes: Object.fromEntries(axes) };
}

/** The shortest decimal number that is this one in single precision: the form in which PostgreSQL returns a `real`. */
function shortest(value: number | null): number | null {
  if (value === null) return null;
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return Number(value.toPrecision(9));
}
