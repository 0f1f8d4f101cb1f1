import { Link } from '@tanstack/react-router';
import type { GapList } from '../../../.generated/types.gen';
import { KIND_LOOKS } from '../../lib/kinds';
import { GAP_REASONS } from '../../lib/sensor-words';
import { DataTable } from '../../parts/data-table';
import type { Column } from '../../parts/data-table';
import { EmptyState } from '../../parts/notices';
import styles from './completeness.module.css';

type Gap = GapList['items'][number];

const COLUMNS: readonly Column<Gap>[] = [
  {
    id: 'days',
    head: 'Days',
    isTitle: true,
    cell: ({ from, to }) => <span className="nowrap">{from === to ? from : `${from} – ${to}`}</span>,
  },
  { id: 'kind', head: 'Kind', cell: ({ kind }) => KIND_LOOKS[kind].label },
  {
    id: 'sensor',
    head: 'Sensor',
    cell: ({ sensor_id: id, serial }) => (
      <Link to="/sensors/$id" params={{ id }}>
        {serial}
      </Link>
    ),
  },
  {
    id: 'reason',
    head: 'Why',
    cell: ({ reason }) => (
      <>
        {GAP_REASONS[reason][0]}
        <span className={styles.means}>{GAP_REASONS[reason][1]}</span>
      </>
    ),
  },
  { id: 'state', head: 'State', cell: ({ state }) => (state === 'open' ? 'Open' : 'Accepted') },
];

/** Days of which readings are missing, and why. They are days of the gateway’s clock. */
export function Gaps({ gaps }: { readonly gaps: readonly Gap[] }) {
  if (gaps.length === 0) {
    return (
      <EmptyState title="No gap is known.">
        Days whose readings the gateway can no longer deliver would be listed here, with the reason.
      </EmptyState>
    );
  }
  return <DataTable label="Gaps" columns={COLUMNS} rows={gaps} keyOf={({ id }) => id} />;
}
