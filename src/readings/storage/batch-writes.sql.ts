import { AXES, READING_KINDS } from '../reading';
import type { ReadingKind } from '../reading';
import { plainArray } from './array-parameter';
import type { BatchLedger } from './batch-ledger';
import type { PlannedRow } from './batch-plan';
import { ADD_WAVEFORMS_SQL, advanceLatestSql, EXTEND_LEDGER_SQL } from './batch.sql';
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

/**
 * All blocks are one parameter, in which each has its place. The driver sends a Buffer as it is, but an array of them as text, twice as long;
 * and for each of many Buffers, it copies all those before it once more.
 */
function waveformWrites(planned: readonly PlannedRow[]): Sql[] {
  const rows = planned.filter(({ blocks }) => Object.keys(blocks).length > 0);
  if (rows.length === 0) return [];
  const bytes: Buffer[] = [];
  let end = 1; // SQL counts from one.
  const places = AXES.flatMap((axis) => {
    const lengths = rows.map(({ blocks }) => blocks[axis]?.length ?? null);
    const starts = rows.map(({ blocks }) => {
      const block = blocks[axis];
      if (!block) return null;
      bytes.push(block);
      end += block.length;
      return end - block.length;
    });
    return [starts, lengths];
  });
  const numbers = rows.map(({ row }) => row.number);
  const days = rows.map(({ row }) => row.day);
  return [{ text: ADD_WAVEFORMS_SQL, values: [...[numbers, days, ...places].map(plainArray), Buffer.concat(bytes)] }];
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
        plainArray(rows.map(({ sensorNumber }) => sensorNumber)),
        plainArray(rows.map(({ measuredAt }) => measuredAt.toISOString())),
        plainArray(rows.map(({ day }) => day)),
        plainArray(rows.map(({ number }) => number)),
        plainArray(rows.map(mainValue)),
      ],
    },
  ];
}

function tableOf([first]: readonly PlannedRow[], tables: Tables): ReadingTable | undefined {
  return first && tables.get(first.kind);
}
