import { hasAxis } from './reading-row';
import type { Figures, ReadingRow, WaveformFacts } from './reading-row';
import { isVelocity } from './velocities';
import { isFiner, isSameTime, readTime } from './written-time';
import { AXES } from '../reading';

/** What two records of one reading say differently, in words. Empty if one can complete the other. */
export function contradictions(stored: ReadingRow, received: ReadingRow): string[] {
  const differing = Object.entries(received.figures).flatMap(([name, value]) => {
    const before = stored.figures[name] ?? null;
    // The velocity follows from the samples and the sample rate, which is not part of the record.
    const isSame = value === null || before === null || value === before || isVelocity(name);
    return isSame ? [] : [`${name}: ${before}, not ${value}`];
  });
  const [before, time] = [readTime(stored.timeText), readTime(received.timeText)];
  if (before && time && !isSameTime(before, time)) differing.push(`time: ${before.local}, not ${time.local}`);
  return differing;
}

/** By how much the figures of one measurement may differ if they are rounded in different ways: a share of the larger one. */
const ROUNDING = 0.01;

/**
 * Whether two records that contradict each other are two measurements, and not one that is rounded in different ways: their times differ,
 * or their figures differ by more than that.
 */
export function areTwoMeasurements(stored: ReadingRow, received: ReadingRow): boolean {
  const [before, time] = [readTime(stored.timeText), readTime(received.timeText)];
  if (before && time && !isSameTime(before, time)) return true;
  return Object.entries(received.figures).some(([name, value]) => {
    const known = stored.figures[name] ?? null;
    return value !== null && known !== null && !isRounded(known, value);
  });
}

function isRounded(one: number, other: number): boolean {
  // Both as whole numbers: neither is a rounded form of the other.
  if (Number.isInteger(one) && Number.isInteger(other)) return one === other;
  const isWhole = Number.isInteger(one) || Number.isInteger(other);
  return Math.abs(one - other) <= Math.max(isWhole ? 1 : 0, ROUNDING * Math.max(Math.abs(one), Math.abs(other)));
}

/**
 * A stored reading with what only the received record says. Nothing that is stored is replaced, except a time by the same one in more
 * detail.
 * @returns null if the record says nothing new
 */
export function complete(stored: ReadingRow, received: ReadingRow): ReadingRow | null {
  const completed: ReadingRow = {
    ...stored,
    ...finerTime(stored, received),
    feedPosition: received.feedPosition,
    extra: stored.extra ?? received.extra,
    figures: filled(stored.figures, atRateOf(stored, received)),
    waveform: completeWaveform(stored, received),
  };
  return isEqual(completed, stored) ? null : completed;
}

function finerTime(stored: ReadingRow, received: ReadingRow): Partial<ReadingRow> {
  const [before, time] = [readTime(stored.timeText), readTime(received.timeText)];
  if (!before || !time || !isFiner(time, before)) return {};
  const { timeText, measuredAt, timeQuality } = received;
  return { timeText, measuredAt, timeQuality };
}

/** The figures of a received record, without velocities that were computed with another sample rate than the one that is stored. */
function atRateOf({ waveform }: ReadingRow, { figures, waveform: received }: ReadingRow): Figures {
  const rate = waveform?.sampleRateHz ?? null;
  if (rate === null || rate === received?.sampleRateHz) return figures;
  return Object.fromEntries(Object.entries(figures).filter(([name]) => !isVelocity(name)));
}

function filled(stored: Figures, received: Figures): Figures {
  const names = Object.keys({ ...stored, ...received });
  return Object.fromEntries(names.map((name) => [name, stored[name] ?? received[name] ?? null]));
}

function completeWaveform(stored: ReadingRow, received: ReadingRow): WaveformFacts | null {
  const [before, facts] = [stored.waveform, received.waveform];
  if (!before || !facts) return before;
  const rate = before.sampleRateHz === null ? facts : before;
  const isAdded = before.waveformState !== 'thinned' && addedAxes(stored, received).length > 0;
  return {
    samples: Math.max(before.samples, facts.samples),
    sampleRateHz: rate.sampleRateHz,
    rateSource: rate.rateSource,
    waveformState: isAdded ? facts.waveformState : before.waveformState,
  };
}

/** The axes of a received record that a stored one lacks. */
export function addedAxes(stored: ReadingRow, received: ReadingRow): ('x' | 'y' | 'z')[] {
  return AXES.filter((axis) => hasAxis(received, axis) && !hasAxis(stored, axis));
}

function isEqual(completed: ReadingRow, stored: ReadingRow): boolean {
  return (
    completed.timeText === stored.timeText &&
    completed.extra === stored.extra &&
    Object.entries(completed.figures).every(([name, value]) => value === (stored.figures[name] ?? null)) &&
    JSON.stringify(completed.waveform) === JSON.stringify(stored.waveform)
  );
}
