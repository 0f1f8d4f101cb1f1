import type { AxisStatistics, VibrationFigures } from '../../../.generated/types.gen';
import { formatFigure } from '../../lib/figures';
import { AXES } from '../../lib/kinds';
import { NO_VELOCITY } from '../../lib/sensor-words';
import { Panel } from '../../parts/panel';
import { SmallTable } from '../../parts/small-table';
import styles from './reading.module.css';

/** What is shown of each axis, and the unit. */
const FIGURES: readonly (readonly [name: string, unit: string, of: (axis: AxisStatistics) => number | null])[] = [
  ['Velocity RMS', 'mm/s', (axis) => axis.velocity_rms],
  ['RMS', 'g', (axis) => axis.rms],
  ['Peak', 'g', (axis) => axis.peak],
  ['Peak to peak', 'g', (axis) => axis.peak_to_peak],
  ['Crest factor', '', (axis) => axis.crest],
  ['Kurtosis', '', (axis) => axis.kurtosis],
  ['Mean', 'g', (axis) => axis.mean],
  ['RMS by the gateway', 'g', (axis) => axis.reported.rms],
  ['Peak by the gateway', 'g', (axis) => axis.reported.peak],
];

/** The figures of each axis: those that the service computed, and those that the gateway sent. */
export function Statistics({ vibration }: { readonly vibration: VibrationFigures }) {
  const axes = AXES.flatMap((name) => (vibration.axes[name] ? [{ name, figures: vibration.axes[name] }] : []));
  const reasons = new Set(axes.flatMap(({ figures }) => figures.velocity_rms_reason ?? []));
  const rows = FIGURES.map(([name, unit, of]) => ({
    key: name,
    cells: [
      <span key="name">
        {name} <span className="muted">{unit}</span>
      </span>,
      ...axes.map(({ figures }) => formatFigure(of(figures))),
    ],
  }));
  return (
    <Panel title="Statistics" isFlush>
      <SmallTable
        label="Statistics of each axis"
        heads={['Figure', ...axes.map(({ name }) => name.toUpperCase())]}
        rows={rows}
      />
      {reasons.size > 0 && (
        <p className={styles.remark}>No velocity: {[...reasons].map((reason) => NO_VELOCITY[reason]).join(' ')}</p>
      )}
    </Panel>
  );
}
