import type { Reading } from '../../../.generated/types.gen';
import { formatCount } from '../../lib/format';
import { ORIGINS } from '../../lib/sensor-words';
import { Facts } from '../../parts/facts';
import { Panel } from '../../parts/panel';
import { Moment } from '../../parts/time';

const RATE_SOURCES = { sensor: 'by the sensor', operator: 'by an operator', assumed: 'assumed' } as const;

/** Where a reading comes from, and how its time is known. */
export function Provenance({ reading, zone }: { readonly reading: Reading; readonly zone: string | undefined }) {
  const { record_id: record, era, time_text: written, vibration, origin } = reading;
  const rate = vibration?.sample_rate_hz ?? null;
  const source = vibration?.rate_source ?? null;
  return (
    <Panel title="Provenance">
      <Facts
        facts={[
          ['Id', <code key="id">{reading.id}</code>],
          ['Time as written', written === null ? null : <code key="written">{written}</code>],
          ['Received', <Moment key="received" at={reading.received_at} zone={zone} />],
          ['Origin', ORIGINS[origin]],
          ['Record of the gateway', record === null ? 'Without a number' : formatRecord(record, era)],
          ['Sample rate', rate === null ? null : `${formatCount(rate)} Hz${source ? `, ${RATE_SOURCES[source]}` : ''}`],
          ['Waveform', vibration ? (vibration.pinned ? 'Kept for ever' : 'Kept until its time is over') : null],
        ]}
      />
    </Panel>
  );
}

/** @param era counts how often the gateway has begun to number anew */
function formatRecord(record: number, era: number): string {
  return era > 1 ? `${record}, in its ${era}. numbering` : String(record);
}
