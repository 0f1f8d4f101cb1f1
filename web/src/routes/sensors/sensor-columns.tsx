import { Link } from '@tanstack/react-router';
import type { Sensor } from '../../../.generated/types.gen';
import { withUnit } from '../../lib/figures';
import { unitOf } from '../../lib/kinds';
import type { Kind } from '../../lib/kinds';
import type { Place } from '../../lib/places';
import type { Column } from '../../parts/data-table';
import { OverdueChip, SensorChip } from '../../parts/sensor-chip';
import { Ago } from '../../parts/time';
import { nameOf } from './sensor-name';
import styles from './sensors.module.css';

/** @param hasGateway whether the gateway of each sensor is a column */
export function sensorColumns(places: ReadonlyMap<string, Place>, hasGateway: boolean): readonly Column<Sensor>[] {
  const zoneOf = (sensor: Sensor): string | undefined => places.get(sensor.gateway_id)?.zone;
  const latest = (kind: Kind, head: string): Column<Sensor> => ({
    id: kind,
    head,
    cell: (sensor) => <Latest sensor={sensor} kind={kind} zone={zoneOf(sensor)} />,
  });
  return [
    {
      id: 'connection',
      head: 'State',
      isBadge: true,
      cell: (sensor) => (
        <span className={styles.chips}>
          <SensorChip sensor={sensor} />
          <OverdueChip sensor={sensor} />
        </span>
      ),
    },
    {
      id: 'name',
      head: 'Name',
      sort: 'name_ci',
      isTitle: true,
      cell: (sensor) => (
        <Link to="/sensors/$id" params={{ id: sensor.id }}>
          {nameOf(sensor)}
        </Link>
      ),
    },
    { id: 'serial', head: 'Serial', sort: 'serial', cell: ({ serial }) => <code>{serial}</code> },
    ...(hasGateway
      ? [
          {
            id: 'gateway',
            head: 'Gateway',
            cell: ({ gateway_id: id }: Sensor) => (
              <Link to="/gateways/$id/sensors" params={{ id }}>
                {places.get(id)?.gateway ?? '…'}
              </Link>
            ),
          },
        ]
      : []),
    latest('vibration', 'Vibration'),
    latest('temperature', 'Temperature'),
    latest('battery', 'Battery'),
  ];
}

interface LatestProps {
  readonly sensor: Sensor;
  readonly kind: Kind;
  readonly zone: string | undefined;
}

/** The newest reading of a kind: its age, and its value if it is one number. */
function Latest({ sensor, kind, zone }: LatestProps) {
  const reading = sensor[`latest_${kind}`];
  if (!reading) return <span className="muted">–</span>;
  return (
    <Link to="/readings/$id" params={{ id: reading.reading_id }} className={styles.latest}>
      {kind !== 'vibration' && reading.value !== null && (
        <span className={styles.value}>{withUnit(reading.value, unitOf(kind, sensor))}</span>
      )}
      <span className={styles.age}>
        <Ago at={reading.measured_at} zone={zone} />
      </span>
    </Link>
  );
}
