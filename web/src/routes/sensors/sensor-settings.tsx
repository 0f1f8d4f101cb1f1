import { useQuery } from '@tanstack/react-query';
import { getSensor } from '../../../.generated/sdk.gen';
import type { Sensor } from '../../../.generated/types.gen';
import { formatCount, formatDuration } from '../../lib/format';
import { temperatureUnit } from '../../lib/kinds';
import { Button } from '../../parts/button';
import { Facts } from '../../parts/facts';
import { ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { Ago } from '../../parts/time';
import { useMay } from '../../shell/session';
import type { SensorPart } from './sensor-part';
import { SensorForm } from './sensor-form';

/** What is known of a sensor, and what people state about it. */
export function SensorSettings({ sensor, zone, search: { edit }, onSearch }: SensorPart) {
  const mayEdit = useMay('gateways:write');
  if (edit && mayEdit) {
    return (
      <Panel title="Settings">
        <Editing id={sensor.id} onDone={() => onSearch({ edit: undefined })} />
      </Panel>
    );
  }
  const change = mayEdit && <Button onClick={() => onSearch({ edit: true })}>Change</Button>;
  return (
    <div className="columns">
      <Panel title="Settings" beside={change}>
        <Facts facts={stated(sensor)} />
      </Panel>
      <Panel title="As reported by the gateway">
        <Facts facts={reported(sensor, zone)} />
      </Panel>
    </div>
  );
}

/** Reads the sensor anew, so that the form begins with what is stored, and knows its revision. */
function Editing({ id, onDone }: { readonly id: string; readonly onDone: () => void }) {
  const { data, error, refetch, dataUpdatedAt } = useQuery({
    queryKey: ['sensor-to-edit', id],
    queryFn: async ({ signal }) => {
      const { data: sensor, response } = await getSensor({ path: { id }, signal, throwOnError: true });
      return { sensor, revision: response.headers.get('etag') };
    },
    gcTime: 0,
    staleTime: Infinity,
  });
  if (error) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading />;
  return (
    <SensorForm
      key={dataUpdatedAt}
      sensor={data.sensor}
      revision={data.revision}
      onDone={onDone}
      onReload={() => void refetch()}
    />
  );
}

const ACCELERATION_UNITS = { g: 'g', m_s2: 'm/s²' } as const;

function stated({ name, expected_interval_s: interval, settings, ...sensor }: Sensor) {
  const { sample_rate_hz: rate, acceleration_unit: unit } = settings;
  return [
    ['Name', name === '' ? <None key="name" text="None" /> : name],
    [
      'A reading every',
      interval === null ? (
        <None key="interval" text="Not stated, so none is overdue" />
      ) : (
        formatDuration(interval * 1000)
      ),
    ],
    ['Sample rate', rate === undefined ? <None key="rate" text="As reported" /> : `${formatCount(rate)} Hz`],
    ['Accelerations in', unit === undefined ? <None key="unit" text="g, unless stated" /> : ACCELERATION_UNITS[unit]],
    ['Temperatures in', temperatureUnit({ settings }) || <None key="temperature" text="Not stated" />],
    ['Changed', <Ago key="changed" at={sensor.updated_at} />],
  ] as const;
}

function None({ text }: { readonly text: string }) {
  return <span className="muted">{text}</span>;
}

function reported(sensor: Sensor, zone: string | undefined) {
  const { fs_hz: rate, fmax_hz: highest, samples } = sensor;
  return [
    ['Connection changed', <Ago key="changed" at={sensor.connection_changed_at} zone={zone} />],
    ['Known until', <Ago key="known" at={sensor.connection_as_of} zone={zone} />],
    ['Access point', sensor.access_point_serial === null ? null : <code key="ap">{sensor.access_point_serial}</code>],
    ['Part number', sensor.part_number],
    ['Hardware', sensor.hw_version],
    ['Firmware', sensor.fw_version],
    ['Points of an axis', samples === null ? null : formatCount(samples)],
    ['Sample rate', rate === null ? null : `${formatCount(rate)} Hz`],
    ['Highest frequency', highest === null ? null : `${formatCount(highest)} Hz`],
    ['G mode', sensor.g_mode],
    ['Frequency mode', sensor.freq_mode],
  ] as const;
}
