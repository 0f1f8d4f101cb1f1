import type { EnvelopeSpectrum, Spectrum } from '../../../.generated/types.gen';
import { formatFigure, UNITS } from '../../lib/figures';
import type { Axis } from '../../lib/kinds';
import { peaksOf } from '../../lib/series';
import type { Peak } from '../../lib/series';
import { SmallTable } from '../../parts/small-table';
import styles from './reading.module.css';

const SHOWN = 6;

interface AxisPeak extends Peak {
  readonly axis: Axis;
}

interface PeaksProps {
  readonly spectrum: Spectrum | EnvelopeSpectrum;
  readonly axes: readonly Axis[];
  /** The part that is drawn, in Hz. */
  readonly shown: readonly [number, number];
}

/** The highest peaks of what is drawn, in numbers. Uncertain amplitudes are left out. */
export function Peaks({ spectrum, axes, shown: [from, to] }: PeaksProps) {
  const { from_hz: first, df_hz: step, valid_from_hz: validFrom } = spectrum;
  const isShown = ({ at }: Peak): boolean => at >= Math.max(from, validFrom) && at <= to;
  const peaks = axes
    .flatMap((axis): AxisPeak[] =>
      peaksOf(spectrum.axes[axis] ?? [], (index) => first + index * step, Infinity)
        .filter(isShown)
        .slice(0, SHOWN)
        .map((peak) => ({ ...peak, axis })),
    )
    .toSorted((a, b) => b.value - a.value)
    .slice(0, SHOWN);
  if (peaks.length === 0) return null;
  return (
    <div className={styles.peaks}>
      <SmallTable
        label="Highest peaks of the spectrum"
        heads={['Peak at', 'Per minute', 'Axis', `Amplitude, ${UNITS[spectrum.unit]}`]}
        rows={peaks.map(({ axis, at, value }) => ({
          key: `${axis} ${at}`,
          cells: [`${formatFigure(at)} Hz`, formatFigure(at * 60), axis.toUpperCase(), formatFigure(value)],
        }))}
      />
    </div>
  );
}
