import { setImmediate } from 'node:timers/promises';
import { velocityProblem, velocityRmsOf } from '../../analysis/velocity-rms';
import { AXES } from '../reading';
import { countOf, decodeAxis } from './codec/axis-codec';
import type { DatedRecord, RecordContext } from './incoming';
import type { Figures } from './reading-row';

/** The figures of a row that depend on the sample rate. */
export function isVelocity(figure: string): boolean {
  return figure.endsWith('VelocityRms');
}

/**
 * Velocities of records whose sample rate is known and whose duration allows it, by position: `xVelocityRms` and so on, in mm/s. The rate
 * is known only here, so samples are decoded again. Everything else gets its turn between two records.
 */
export async function velocitiesOf(
  records: readonly { readonly record: DatedRecord; readonly context: RecordContext | null }[],
): Promise<ReadonlyMap<number, Figures>> {
  const velocities = new Map<number, Figures>();
  for (const { record, context } of records) {
    const { position, reading } = record;
    const rate = context?.sampleRateHz ?? null;
    if (rate === null || reading.kind !== 'vibration') continue;
    const figures: Record<string, number> = {};
    for (const axis of AXES) {
      const block = reading.axes[axis]?.block;
      if (!block || velocityProblem(countOf(block), rate)) continue;
      const velocity = velocityRmsOf(decodeAxis(block), rate);
      if (velocity !== null) figures[`${axis}VelocityRms`] = Math.fround(velocity);
    }
    if (Object.keys(figures).length === 0) continue;
    velocities.set(position, figures);
    await setImmediate();
  }
  return velocities;
}
