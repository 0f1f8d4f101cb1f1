import { AXES, READING_KINDS } from '../reading';
import type { ReadingKind } from '../reading';
import type { BatchLedger } from './batch-ledger';
import type { PlannedRow } from './batch-plan';
import { advanceLatestSql, EXTEND_LEDGER_SQL } from './batch.sql';
import { isAhead } from './incoming';
import { mainValue } from './reading-row';
import type { ReadingRow } from './reading-row';
import type { ReadingTable, Sql } from './reading-table.sql';

export type Tables = ReadonlyMap<ReadingKind, ReadingTable>;

/** The rows of a batch, and what the other tables say about them. A kind that is not in the batch costs no statement. */
export function writesOf(planned: readonly PlannedRow[], ledger: BatchLedger, tables: Tables): Sql[] {
  const kinds = READING_KINDS.map((kind) => planned.filter((each) => each.kind === kind));
  return [
    ...kinds.flatMap((ofKind) => rowWrites(ofKind, tables)),
    ...waveformWrites(planned),
    ...ledgerWrites(planned, ledger),
    ...kinds.flatMap((ofKind) => scopeWrites(ofKind, ledger, tables)),
    ...kinds.flatMap((ofKind) => latestWrites(ofKind)),
  ];
}

function rowWrites(ofKind: readonly PlannedRow[], tables: Tables): Sql[] {
  const table = tableOf(ofKind, tables);
  const added = ofKind.filter(({ isNew }) => isNew).map(({ row }) => row);
  const changed = ofKind.filter(({ isNew, isChanged }) => isChanged && !isNew).map(({ row }) => row);
  if (!table) return [];
  return [...(added.length > 0 ? [table.insert(added)] : []), ...(changed.length > 0 ? [table.update(changed)] : [])];
}

/** Each block is a parameter of its own: the driver sends a Buffer as it is, but an array of them as text, twice as long. */
function waveformWrites(planned: readonly PlannedRow[]): Sql[] {
  const values: unknown[] = [];
  const rows = planned
    .filter(({ blocks }) => Object.keys(blocks).length > 0)
    .map(({ row, blocks }) => {
      const start = values.push(row.number, row.day, ...AXES.map((axis) => blocks[axis] ?? null)) - 4;
      return `($${start}::bigint, $${start + 1}::date, $${start + 2}::bytea, $${start + 3}::bytea, $${start + 4}::bytea)`;
    });
  if (rows.length === 0) return [];
  return [
    {
      text: `INSERT INTO waveforms AS stored (number, day, x, y, z) VALUES ${rows.join(', ')}
        ON CONFLICT (number, day) DO UPDATE SET x = COALESCE(stored.x, EXCLUDED.x), y = COALESCE(stored.y, EXCLUDED.y),
          z = COALESCE(stored.z, EXCLUDED.z)`,
      values,
    },
  ];
}

function ledgerWrites(planned: readonly PlannedRow[], ledger: BatchLedger): Sql[] {
  const entries = ledger.entriesOf(planned);
  if (entries.length === 0) return [];
  return [
    {
      text: EXTEND_LEDGER_SQL,
      values: [
        entries.map(({ gatewayId }) => gatewayId),
        entries.map(({ kind }) => kind),
        entries.map(({ era }) => era),
        entries.map(({ scope }) => scope),
        entries.map(({ ids }) => ids),
        entries.map(({ lastDay }) => lastDay),
      ],
    },
  ];
}

function scopeWrites(ofKind: readonly PlannedRow[], ledger: BatchLedger, tables: Tables): Sql[] {
  const suspects = ledger.suspectsOf(ofKind);
  const table = tableOf(ofKind, tables);
  return table && suspects.length > 0 ? [table.learnScope(suspects)] : [];
}

/** A time that lies ahead would stay the latest for as long. */
function latestWrites(ofKind: readonly PlannedRow[]): Sql[] {
  const latest = new Map<number, ReadingRow>();
  for (const { row, isChanged } of ofKind) {
    const other = latest.get(row.sensorNumber);
    if (!isChanged || isAhead(row.measuredAt, row.receivedAt)) continue;
    if (!other || other.measuredAt <= row.measuredAt) latest.set(row.sensorNumber, row);
  }
  const rows = [...latest.values()];
  const [first] = ofKind;
  if (!first || rows.length === 0) return [];
  return [
    {
      text: advanceLatestSql(first.kind),
      values: [
        rows.map(({ sensorNumber }) => sensorNumber),
        rows.map(({ measuredAt }) => measuredAt.toISOString()),
        rows.map(({ day }) => day),
        rows.map(({ number }) => number),
        rows.map(mainValue),
      ],
    },
  ];
}

function tableOf([first]: readonly PlannedRow[], tables: Tables): ReadingTable | undefined {
  return first && tables.get(first.kind);
}
