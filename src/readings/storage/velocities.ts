import { setImmediate } from 'node:timers/promises';
import { velocityProblem, velocityRmsOf } from '../../analysis/velocity-rms';
import { AXES } from '../reading';
import type { EncodedReading, Velocities } from '../reading';
import { countOf, decodeAxis } from './codec/axis-codec';
import type { DatedRecord, RecordContext } from './incoming';
import type { Figures } from './reading-row';

/** The figures of a row that depend on the sample rate. */
export function isVelocity(figure: string): boolean {
  return figure.endsWith('VelocityRms');
}

/**
 * Velocities of records whose sample rate is known and whose duration allows it, by position: `xVelocityRms` and so on, in mm/s. Samples
 * are decoded again only for records that were encoded when their rate was unknown, or another one. Everything else gets its turn between
 * two of those.
 */
export async function velocitiesOf(
  records: readonly { readonly record: DatedRecord; readonly context: RecordContext | null }[],
): Promise<ReadonlyMap<number, Figures>> {
  const found = new Map<number, Figures>();
  for (const { record, context } of records) {
    const { position, reading } = record;
    const rate = context?.sampleRateHz ?? null;
    if (rate === null || reading.kind !== 'vibration') continue;
    const isComputed = reading.velocities?.sampleRateHz === rate;
    const figures = figuresOf(isComputed ? reading.velocities.rms : computed(reading, rate));
    if (figures) found.set(position, figures);
    if (!isComputed) await setImmediate();
  }
  return found;
}

function computed({ axes }: EncodedReading, rate: number): Velocities['rms'] {
  return Object.fromEntries(
    AXES.map((axis) => {
      const block = axes[axis]?.block;
      const isKnown = block !== undefined && velocityProblem(countOf(block), rate) === null;
      return [axis, isKnown ? velocityRmsOf(decodeAxis(block), rate) : null];
    }),
  );
}

/** Null if no velocity is known. */
function figuresOf(rms: Velocities['rms']): Figures | null {
  const figures: Record<string, number> = {};
  for (const axis of AXES) {
    const velocity = rms[axis] ?? null;
    if (velocity !== null) figures[`${axis}VelocityRms`] = Math.fround(velocity);
  }
  return Object.keys(figures).length > 0 ? figures : null;
}
