import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  createAcquisitionMutation,
  getSensorQueryKey,
  listAcquisitionsOptions,
  listAcquisitionsQueryKey,
} from '../../../.generated/@tanstack/react-query.gen';
import type { Acquisition, AcquisitionPage } from '../../../.generated/types.gen';
import { KIND_LOOKS, KINDS } from '../../lib/kinds';
import type { Kind } from '../../lib/kinds';
import { useReadingsInterval } from '../../live/readings-interval';
import { Button } from '../../parts/button';
import { Choices } from '../../parts/choices';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { useMay } from '../../shell/session';
import { OrderRow } from './order-row';
import type { SensorPart } from './sensor-part';
import styles from './orders.module.css';

/** How often an open order is asked for. */
const OPEN_MS = 1000;
const SHOWN = 5;
const FINAL: readonly Acquisition['state'][] = ['completed', 'failed', 'expired', 'cancelled'];

const isOpen = ({ state }: Acquisition): boolean => !FINAL.includes(state);

/** Orders a measurement, and shows how far it and earlier ones are. */
export function SensorOrders({ sensor, zone }: SensorPart) {
  const queries = useQueryClient();
  const interval = useReadingsInterval();
  const options = { query: { sensor_id: sensor.id, limit: SHOWN } };
  const { data, error } = useQuery({
    ...listAcquisitionsOptions(options),
    refetchInterval: ({ state }) => (state.data?.data.some(isOpen) === true ? OPEN_MS : interval),
  });
  const refresh = (): void => {
    void queries.invalidateQueries({ queryKey: listAcquisitionsQueryKey(options) });
    void queries.invalidateQueries({ queryKey: getSensorQueryKey({ path: { id: sensor.id } }) });
  };
  const [kind, setKind] = useState<Kind>('vibration');
  const order = useMutation({
    ...createAcquisitionMutation(),
    onSuccess: (placed) => {
      queries.setQueryData<AcquisitionPage>(
        listAcquisitionsQueryKey(options),
        (page) => page && { ...page, data: [placed, ...page.data.filter(({ id }) => id !== placed.id)] },
      );
      refresh();
    },
  });
  const mayOrder = useMay('readings:order');
  return (
    <Panel title="Measurements on demand" isFlush>
      {mayOrder && (
        <div className={styles.order}>
          <Choices
            label="What to measure"
            options={KINDS.map((each) => [each, KIND_LOOKS[each].label] as const)}
            chosen={[kind]}
            onChoose={setKind}
          />
          <Button
            look="primary"
            icon="pulse"
            isBusy={order.isPending}
            onClick={() => order.mutate({ path: { id: sensor.id }, body: { kind } })}
          >
            Take a reading now
          </Button>
          <span className="muted">Each measurement costs the battery of the sensor.</span>
        </div>
      )}
      {order.error && (
        <div className={styles.problem}>
          <ErrorNotice error={order.error} what="The measurement was not ordered" />
        </div>
      )}
      {error && <ErrorNotice error={error} />}
      {!data && !error && <Loading lines={2} />}
      {data?.data.length === 0 && <EmptyState title="Nothing has been ordered from this sensor yet." />}
      {data && data.data.length > 0 && (
        <ul className={styles.orders} aria-label="Orders">
          {data.data.slice(0, SHOWN).map((each) => (
            <OrderRow key={each.id} order={each} zone={zone} mayCancel={mayOrder} onChanged={refresh} />
          ))}
        </ul>
      )}
    </Panel>
  );
}
