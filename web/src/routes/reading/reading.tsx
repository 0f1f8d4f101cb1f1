import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { getReadingOptions, getSensorOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { Reading, Sensor } from '../../../.generated/types.gen';
import { withUnit } from '../../lib/figures';
import { KIND_LOOKS, unitOf } from '../../lib/kinds';
import { usePlaces } from '../../lib/places';
import { TIME_REMARKS } from '../../lib/sensor-words';
import { EmptyState, ErrorNotice, Loading, Notice } from '../../parts/notices';
import { PageHead } from '../../parts/page-head';
import { Panel } from '../../parts/panel';
import { Ago, Moment } from '../../parts/time';
import { nameOf } from '../sensors/sensor-name';
import { Downloads } from './downloads';
import { PinButton } from './pin-button';
import { Provenance } from './provenance';
import type { ReadingPart } from './reading-part';
import type { ReadingSearch } from './reading-search';
import { Severity } from './severity';
import { SpectrumPanel } from './spectrum';
import { Statistics } from './statistics';
import { WaveformPanel } from './waveform';
import styles from './reading.module.css';

/** How often a reading whose waveform is still expected is asked for. */
const PENDING_MS = 2000;

/** One reading: what was measured, when, and where it came from; of vibration, its waveform and spectrum. */
export function ReadingPage() {
  const { id } = useParams({ from: '/shell/readings/$id' });
  return <OneReading key={id} id={id} />;
}

function OneReading({ id }: { readonly id: string }) {
  const {
    data: reading,
    error,
    refetch,
  } = useQuery({
    ...getReadingOptions({ path: { id } }),
    refetchInterval: ({ state }) => (state.data?.vibration?.waveform_state === 'pending' ? PENDING_MS : false),
  });
  const sensorId = reading?.sensor_id ?? '';
  const sensor = useQuery({ ...getSensorOptions({ path: { id: sensorId } }), enabled: sensorId !== '' });
  const place = usePlaces(reading ? [reading.gateway_id] : []).get(reading?.gateway_id ?? '');
  if (!reading) {
    return (
      <>
        <PageHead title="Reading" above={<Link to="/sensors">Sensors</Link>} />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Loading lines={8} />}
      </>
    );
  }
  const zone = place?.zone;
  return (
    <>
      <Head reading={reading} sensor={sensor.data} gateway={place?.gateway} zone={zone} />
      <div className="stack">
        {TIME_REMARKS[reading.time_quality] !== null && reading.time_quality !== 'minute' && (
          <Notice tone="warn">{TIME_REMARKS[reading.time_quality]}.</Notice>
        )}
        {reading.vibration ? (
          <Vibration reading={reading} vibration={reading.vibration} zone={zone} />
        ) : (
          <Panel title={KIND_LOOKS[reading.kind].label}>
            <p className={styles.single}>
              {withUnit(reading.value, sensor.data ? unitOf(reading.kind, sensor.data) : '')}
            </p>
          </Panel>
        )}
        {!reading.vibration && <Provenance reading={reading} zone={zone} />}
      </div>
    </>
  );
}

interface HeadProps {
  readonly reading: Reading;
  readonly sensor: Sensor | undefined;
  readonly gateway: string | undefined;
  readonly zone: string | undefined;
}

function Head({ reading, sensor, gateway, zone }: HeadProps) {
  const { id, kind, measured_at: at, gateway_id: gatewayId, sensor_id: sensorId, serial, vibration } = reading;
  return (
    <PageHead
      title={`${KIND_LOOKS[kind].label} · ${sensor ? nameOf(sensor) : `sensor ${serial}`}`}
      above={
        <>
          <Link to="/sensors">Sensors</Link> ›{' '}
          <Link to="/gateways/$id/sensors" params={{ id: gatewayId }}>
            {gateway ?? 'Gateway'}
          </Link>{' '}
          ›{' '}
          <Link to="/sensors/$id" params={{ id: sensorId }}>
            {sensor ? nameOf(sensor) : serial}
          </Link>
        </>
      }
      lede={
        <>
          Measured <Moment at={at} zone={zone} /> · <Ago at={at} zone={zone} />
        </>
      }
      actions={vibration?.waveform_state === 'stored' && <PinButton id={id} isPinned={vibration.pinned} />}
    />
  );
}

const NO_WAVEFORM = {
  none: ['This reading came without a waveform.', 'Only the figures of the gateway are known.'],
  thinned: [
    'The waveform is no longer kept.',
    'Its time was over; the statistics stay. Pin a reading to keep its waveform.',
  ],
  pending: ['The waveform is on its way.', 'The page shows it as soon as it is stored.'],
} as const;

type VibrationProps = Pick<ReadingPart, 'reading' | 'vibration'> & { readonly zone: string | undefined };

function Vibration({ reading, vibration, zone }: VibrationProps) {
  const search = useSearch({ from: '/shell/readings/$id' });
  const navigate = useNavigate({ from: '/readings/$id' });
  const onSearch = (changes: ReadingSearch): void =>
    void navigate({ search: (old) => ({ ...old, ...changes }), resetScroll: false, replace: true });
  const parts = { reading, vibration, search, onSearch };
  const { waveform_state: state } = vibration;
  return (
    <>
      {state === 'stored' ? (
        <>
          <WaveformPanel {...parts} />
          <SpectrumPanel {...parts} />
        </>
      ) : (
        <Panel title="Waveform">
          <EmptyState title={NO_WAVEFORM[state][0]}>{NO_WAVEFORM[state][1]}</EmptyState>
        </Panel>
      )}
      <div className="columns">
        <Statistics vibration={vibration} />
        <div className="stack">
          <Severity {...parts} />
          <Provenance reading={reading} zone={zone} />
        </div>
      </div>
      {state === 'stored' && <Downloads {...parts} />}
    </>
  );
}
