import { Link } from '@tanstack/react-router';
import type { ConnectionStatus, Factory } from '../../.generated/types.gen';
import { ADVICE } from '../lib/advice';
import { formatMs } from '../lib/format';
import type { Column } from '../parts/data-table';
import { StateChip } from '../parts/state-chip';
import { Ago, Lasting } from '../parts/time';

type Factories = ReadonlyMap<string, Factory>;

/** The columns of a list of gateways. @param factories for names and time zones, as far as they are known */
export function gatewayColumns(factories: Factories): readonly Column<ConnectionStatus>[] {
  const zoneOf = ({ factory_id: id }: ConnectionStatus): string | undefined => factories.get(id)?.timezone;
  return [
    { id: 'state', head: 'State', sort: 'state', isBadge: true, cell: ({ state }) => <StateChip state={state} /> },
    { id: 'name', head: 'Name', sort: 'name_ci', isTitle: true, cell: (row) => <Name {...row} /> },
    { id: 'label', head: 'Gateway ID', cell: ({ gateway_id: label }) => <code>{label}</code> },
    { id: 'factory', head: 'Factory', from: 1100, cell: ({ factory_id: id }) => factories.get(id)?.name ?? '–' },
    { id: 'since', head: 'For', sort: 'since', cell: (row) => <Lasting at={row.since} zone={zoneOf(row)} /> },
    { id: 'reason', head: 'Reason', cell: ({ reason }) => <Why reason={reason} /> },
    { id: 'next', head: 'Next try', from: 1100, cell: (row) => <Ago at={row.next_retry_at} zone={zoneOf(row)} /> },
    {
      id: 'message',
      head: 'Last message',
      sort: 'last_message_at',
      from: 1100,
      cell: (row) => <Ago at={row.last_message_at} zone={zoneOf(row)} />,
    },
    {
      id: 'latency',
      head: 'Latency',
      sort: 'latency_ms',
      align: 'end',
      from: 1300,
      cell: ({ latency_ms: ms }) => (ms === null ? '–' : formatMs(ms)),
    },
    {
      id: 'reconnects',
      head: 'Reconnects',
      sort: 'reconnects',
      align: 'end',
      from: 1300,
      cell: ({ reconnects }) => reconnects,
    },
  ];
}

/** What the columns are called, to choose among them. */
export const GATEWAY_COLUMNS = gatewayColumns(new Map());
export const GATEWAY_COLUMN_IDS = GATEWAY_COLUMNS.map(({ id }) => id);

function Name({ id, name }: ConnectionStatus) {
  return (
    <Link to="/gateways/$id" params={{ id }}>
      {name}
    </Link>
  );
}

function Why({ reason }: Pick<ConnectionStatus, 'reason'>) {
  return reason ? <span title={reason.message}>{ADVICE[reason.code].label}</span> : <>–</>;
}
