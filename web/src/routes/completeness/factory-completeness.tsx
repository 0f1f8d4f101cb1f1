import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { getFactoryCompletenessOptions } from '../../../.generated/@tanstack/react-query.gen';
import type { FactoryCompleteness as Completeness } from '../../../.generated/types.gen';
import { countOf } from '../../lib/format';
import { KIND_LOOKS } from '../../lib/kinds';
import { STATEMENT_LOOKS } from '../../lib/sensor-words';
import { useReadingsInterval } from '../../live/readings-interval';
import { DataTable } from '../../parts/data-table';
import type { Column } from '../../parts/data-table';
import { EmptyState, ErrorNotice, Loading } from '../../parts/notices';
import { Panel } from '../../parts/panel';
import { Ago } from '../../parts/time';
import list from '../list.module.css';
import { StatementChip } from './statement-chip';

type GatewayStatements = Completeness['gateways'][number];
type KindStatement = GatewayStatements['kinds'][number];

/** Worst first, as the service says it. */
const SEVERITY = ['gaps', 'unknown', 'catching_up', 'complete'] as const;
/** The page is about the factory: how many gateways it names here. */
const LISTED = 10;

interface Row extends GatewayStatements {
  readonly worst: KindStatement['statement'];
}

/** Whether readings of the gateways of a factory are missing, the worst first. */
export function FactoryCompleteness({ id, zone }: { readonly id: string; readonly zone: string }) {
  const refetchInterval = useReadingsInterval();
  const { data, error } = useQuery({ ...getFactoryCompletenessOptions({ path: { id } }), refetchInterval });
  const rows = data ? worstFirst(data.gateways) : [];
  const wrong = rows.filter(({ worst }) => worst !== 'complete');
  const shown = wrong.slice(0, LISTED);
  return (
    <Panel
      title="Completeness"
      isFlush={shown.length > 0}
      beside={data && rows.length > 0 && <StatementChip statement={data.statement} />}
    >
      {error && <ErrorNotice error={error} />}
      {!data && !error && <Loading lines={3} />}
      {data && shown.length === 0 && (
        <EmptyState title={rows.length === 0 ? 'There is no gateway to ask.' : STATEMENT_LOOKS.complete.means} />
      )}
      {shown.length > 0 && (
        <DataTable
          label="Gateways whose readings are not known to be complete"
          columns={columnsIn(zone)}
          rows={shown}
          keyOf={({ gateway_id: key }) => key}
        />
      )}
      {wrong.length > LISTED && <p className={list.rest}>{countOf(wrong.length - LISTED, 'more gateway')}</p>}
    </Panel>
  );
}

function worstFirst(gateways: Completeness['gateways']): readonly Row[] {
  const rows = gateways.map((gateway) => ({
    ...gateway,
    worst: SEVERITY.find((each) => gateway.kinds.some(({ statement }) => statement === each)) ?? 'unknown',
  }));
  return rows.toSorted((a, b) => SEVERITY.indexOf(a.worst) - SEVERITY.indexOf(b.worst));
}

function columnsIn(zone: string): readonly Column<Row>[] {
  return [
    {
      id: 'name',
      head: 'Gateway',
      isTitle: true,
      cell: ({ gateway_id: id, name }) => (
        <Link to="/gateways/$id/completeness" params={{ id }}>
          {name}
        </Link>
      ),
    },
    { id: 'state', head: 'Readings', isBadge: true, cell: ({ worst }) => <StatementChip statement={worst} /> },
    {
      id: 'kinds',
      head: 'Kinds',
      cell: ({ kinds, worst }) =>
        kinds
          .filter(({ statement }) => statement === worst)
          .map(({ kind }) => KIND_LOOKS[kind].label)
          .join(', '),
    },
    {
      id: 'gaps',
      head: 'Gaps',
      align: 'end',
      cell: ({ kinds }) => kinds.reduce((sum, { gaps }) => sum + gaps, 0) || '–',
    },
    { id: 'verified', head: 'Verified', cell: ({ kinds }) => <Ago at={earliestOf(kinds)} zone={zone} /> },
  ];
}

/** Until when all kinds are verified; null if one never was. */
function earliestOf(kinds: readonly KindStatement[]): string | null {
  const times = kinds.map(({ verified_through: through }) => through);
  return times.includes(null) ? null : (times.toSorted()[0] ?? null);
}
