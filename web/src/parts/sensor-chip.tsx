import type { Sensor } from '../../.generated/types.gen';
import { Chip } from './chip';

/** Whether the gateway reaches a sensor. It is unknown while the gateway is not connected: an old answer is not shown as if it held. */
export function SensorChip({
  sensor: { connected, listed },
}: {
  readonly sensor: Pick<Sensor, 'connected' | 'listed'>;
}) {
  if (!listed) {
    return <Chip tone="idle" icon="cross" label="Not listed" title="The gateway no longer lists this sensor" />;
  }
  if (connected === null) {
    return <Chip tone="idle" icon="question" label="Unknown" title="The gateway is not connected, or has never said" />;
  }
  return connected ? (
    <Chip tone="ok" icon="check" label="Connected" />
  ) : (
    <Chip tone="warn" icon="warning" label="Out of reach" title="The gateway does not reach this sensor" />
  );
}

/** Says that readings are missing; nothing if they are not, or if nobody has said how often they are expected. */
export function OverdueChip({ sensor: { overdue } }: { readonly sensor: Pick<Sensor, 'overdue'> }) {
  return overdue === true ? (
    <Chip tone="warn" icon="clock" label="Overdue" title="The newest reading is more than twice as old as expected" />
  ) : null;
}
