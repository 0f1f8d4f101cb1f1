import type { AxisStatistics, VibrationFigures } from '../../../.generated/types.gen';
import { formatFigure } from '../../lib/figures';
import { AXES } from '../../lib/kinds';
import type { Axis } from '../../lib/kinds';
import { NO_VELOCITY } from '../../lib/sensor-words';
import { DataTable } from '../../parts/data-table';
import type { Column } from '../../parts/data-table';
import { Panel } from '../../parts/panel';
import styles from './reading.module.css';

interface AxisRow {
  readonly axis: Axis;
  readonly figures: AxisStatistics;
}

/** The figures of each axis: those that the service computed, and beside them those that the gateway sent. */
export function Statistics({ vibration }: { readonly vibration: VibrationFigures }) {
  const rows = AXES.flatMap((axis): AxisRow[] => {
    const figures = vibration.axes[axis];
    return figures ? [{ axis, figures }] : [];
  });
  const reasons = new Set(rows.flatMap(({ figures }) => figures.velocity_rms_reason ?? []));
  return (
    <Panel title="Statistics" beside="Accelerations in g, velocity in mm/s" isFlush>
      <DataTable label="Statistics of each axis" columns={COLUMNS} rows={rows} keyOf={({ axis }) => axis} />
      {reasons.size > 0 && (
        <p className={styles.remark}>No velocity: {[...reasons].map((reason) => NO_VELOCITY[reason]).join(' ')}</p>
      )}
    </Panel>
  );
}

function figure(
  id: keyof AxisStatistics & ('rms' | 'peak' | 'peak_to_peak' | 'crest' | 'kurtosis' | 'velocity_rms' | 'mean'),
  head: string,
): Column<AxisRow> {
  return { id, head, align: 'end', cell: ({ figures }) => formatFigure(figures[id]) };
}

const COLUMNS: readonly Column<AxisRow>[] = [
  { id: 'axis', head: 'Axis', isTitle: true, cell: ({ axis }) => axis.toUpperCase() },
  figure('velocity_rms', 'Velocity RMS'),
  figure('rms', 'RMS'),
  figure('peak', 'Peak'),
  figure('peak_to_peak', 'Peak to peak'),
  figure('crest', 'Crest factor'),
  figure('kurtosis', 'Kurtosis'),
  figure('mean', 'Mean'),
  {
    id: 'reported',
    head: 'RMS by the gateway',
    align: 'end',
    from: 1100,
    cell: ({ figures: { reported } }) => formatFigure(reported.rms),
  },
];
