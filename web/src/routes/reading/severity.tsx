import { useQuery } from '@tanstack/react-query';
import { getSeverityLimitsOptions, getSeverityOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Severity as SeverityAnswer, SeverityLimits } from '../../../.generated/types.gen';
import { formatFigure } from '../../lib/figures';
import { AXES } from '../../lib/kinds';
import { NO_VELOCITY } from '../../lib/sensor-words';
import { Select } from '../../parts/choices';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import type { ReadingPart } from './reading-part';
import styles from './reading.module.css';

type Zone = NonNullable<SeverityAnswer['zone']>;

const ZONES: Record<Zone, string> = {
  A: 'like a machine that was just commissioned',
  B: 'acceptable for unlimited operation',
  C: 'not for continuous operation',
  D: 'severe enough to do damage',
};

const keyOf = ({ group, support }: SeverityLimits): string => `${group}-${support}`;

/** The zone of severity of the velocities, by the limits of a kind of machine, which is chosen. */
export function Severity({ reading, search: { machine }, onSearch }: ReadingPart) {
  const table = useQuery({ ...getSeverityLimitsOptions(), staleTime: 300_000 });
  const limits = table.data?.data ?? [];
  const chosen = limits.find((each) => keyOf(each) === machine);
  const options = [
    ['', 'Choose …'] as const,
    ...limits.map((each) => [keyOf(each), `Group ${each.group}, ${each.support}`] as const),
  ];
  return (
    <Panel
      title="Severity"
      beside={
        limits.length > 0 && (
          <Select
            label="Machine"
            options={options}
            chosen={chosen ? keyOf(chosen) : ''}
            onChoose={(next) => onSearch({ machine: next === '' ? undefined : next })}
          />
        )
      }
    >
      {table.error && <ErrorNotice error={table.error} />}
      {table.isPending && <Loading lines={2} />}
      {table.data && !chosen && (
        <EmptyState title="Choose the kind of machine, and how it stands.">
          The velocities are then compared with the limits that are stored for it.
        </EmptyState>
      )}
      {chosen && <Zones readingId={reading.id} limits={chosen} />}
    </Panel>
  );
}

function Zones({ readingId: id, limits }: { readonly readingId: string; readonly limits: SeverityLimits }) {
  const { standard, group, support, note } = limits;
  const { data, error, refetch } = useQuery({
    ...getSeverityOptions({ path: { id }, query: { standard, group, support } }),
    staleTime: 300_000,
  });
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading lines={2} />;
  const { ab, bc, cd } = data.limits.boundaries_mm_s;
  const reasons = [...new Set(AXES.flatMap((axis) => data.axes[axis]?.reason ?? []))];
  return (
    <div className={styles.severity}>
      {data.zone ? (
        <p className={styles.verdict}>
          <ZoneMark zone={data.zone} /> Zone {data.zone}: {ZONES[data.zone]}
        </p>
      ) : (
        <p>
          <strong>No zone: the velocity of an axis is unknown.</strong>{' '}
          {reasons.map((reason) => NO_VELOCITY[reason]).join(' ')}
        </p>
      )}
      <ul className={styles.zones}>
        {AXES.map((axis) => {
          const each = data.axes[axis];
          return (
            each?.zone && (
              <li key={axis}>
                <span className={styles.axisName}>{axis.toUpperCase()}</span>
                <ZoneMark zone={each.zone} /> {formatFigure(each.velocity_rms, 3)} mm/s
              </li>
            )
          );
        })}
      </ul>
      <p className={styles.note}>
        {standard}, group {group}, {support}: A up to {ab}, B up to {bc}, C up to {cd} mm/s RMS, 10 to 1,000 Hz. {note}
      </p>
    </div>
  );
}

function ZoneMark({ zone }: { readonly zone: Zone }) {
  return (
    <span className={styles.zone} data-zone={zone}>
      {zone}
    </span>
  );
}
