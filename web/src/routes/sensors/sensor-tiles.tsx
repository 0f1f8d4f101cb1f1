import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { getReadingOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Sensor } from '../../../.generated/types.gen';
import { formatFigure, withUnit } from '../../lib/figures';
import { AXES, KIND_LOOKS, KINDS, unitOf } from '../../lib/kinds';
import type { Kind } from '../../lib/kinds';
import { Icon } from '../../parts/icon';
import { Ago } from '../../parts/time';
import type { SensorPart } from './sensor-part';
import styles from './sensor.module.css';

/** The newest reading of each kind, with its age: an old value is not shown as if it were new. */
export function SensorTiles({ sensor, zone }: SensorPart) {
  return (
    <div className={styles.tiles}>
      {KINDS.map((kind) => (
        <Tile key={kind} sensor={sensor} kind={kind} zone={zone} />
      ))}
    </div>
  );
}

interface TileProps {
  readonly sensor: Sensor;
  readonly kind: Kind;
  readonly zone: string | undefined;
}

function Tile({ sensor, kind, zone }: TileProps) {
  const reading = sensor[`latest_${kind}`];
  const { label, icon } = KIND_LOOKS[kind];
  const name = (
    <span className={styles.tileName}>
      <Icon name={icon} size={14} />
      {label}
    </span>
  );
  if (!reading) {
    return (
      <div className={styles.tile}>
        {name}
        <span className={styles.tileNone}>No reading yet</span>
      </div>
    );
  }
  return (
    <Link to="/readings/$id" params={{ id: reading.reading_id }} className={styles.tile}>
      {name}
      <span className={styles.tileValue}>
        <span className="live-count">
          {kind === 'vibration' ? (
            <Axes readingId={reading.reading_id} />
          ) : (
            withUnit(reading.value, unitOf(kind, sensor))
          )}
        </span>
      </span>
      <span className={styles.tileAge}>
        <Ago at={reading.measured_at} zone={zone} />
        {kind === 'temperature' && unitOf(kind, sensor) === '' && ' · unit not stated'}
      </span>
    </Link>
  );
}

/** The figures of a vibration reading, axis by axis: velocities if they are known, otherwise accelerations. */
function Axes({ readingId: id }: { readonly readingId: string }): ReactNode {
  const { data } = useQuery({ ...getReadingOptions({ path: { id } }), staleTime: Infinity });
  const axes = data?.vibration?.axes;
  if (!axes) return '…';
  const isVelocity = AXES.some((axis) => typeof axes[axis]?.velocity_rms === 'number');
  return (
    <span className={styles.axes}>
      {AXES.map(
        (axis) =>
          axes[axis] && (
            <span key={axis} className={styles.axis}>
              <span className={styles.axisName}>{axis.toUpperCase()}</span>
              {formatFigure(isVelocity ? axes[axis].velocity_rms : axes[axis].rms, 3)}
            </span>
          ),
      )}
      <span className={styles.axisUnit}>{isVelocity ? 'mm/s RMS' : 'g RMS'}</span>
    </span>
  );
}
