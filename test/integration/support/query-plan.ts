import { ROWS } from './plant';
import type { SideConnection } from './side-connection';
import type { Statement } from './statements';

/** A node of a plan, as EXPLAIN reports it. The actual figures are there only if the statement was run. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Plan Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Actual Rows'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
  /** Whether it is directly below a Limit of two rows or less. */
  readonly isLimited?: boolean;
}

/** What a statement read from tables and indexes. */
export interface ReadCost {
  /** Table rows, including those removed by a filter. */
  readonly rows: number;
  /** Blocks of 8 kB, of tables and indexes. */
  readonly blocks: number;
}

/** Reading a larger part of a table than this counts as a large read. */
const LARGE_PART = 0.1;

/**
 * Where a statement reads all or a large part of a table, in words. Empty if an index leads it to its rows. Statements that write
 * are only planned, the others are run once more.
 */
export async function findLargeReads(connection: SideConnection, statement: Statement): Promise<string[]> {
  if (/^(START TRANSACTION|BEGIN|COMMIT|ROLLBACK|(CREATE|DROP) DATABASE)\b/.test(statement.text)) return []; // There is no plan for these.
  const planned = await explain(connection, 'FORMAT JSON', statement);
  const isWrite = planned.some((node) => node['Node Type'] === 'ModifyTable');
  const nodes = isWrite ? planned : await explain(connection, 'ANALYZE, TIMING OFF, FORMAT JSON', statement);
  const generic = await explainGeneric(connection, statement);
  return [...nodes.filter(isLargeRead), ...generic.filter(isTableScan)].map(inWords);
}

/** Runs a statement that reads, and measures what it reads. @throws Error without a statement */
export async function readCostOf(connection: SideConnection, statement: Statement | undefined): Promise<ReadCost> {
  if (!statement) throw new Error('no statement was sent');
  const nodes = await explain(connection, 'ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON', statement);
  const scans = nodes.filter((node) => node['Relation Name'] !== undefined);
  const blocks = (nodes[0]?.['Shared Hit Blocks'] ?? NaN) + (nodes[0]?.['Shared Read Blocks'] ?? NaN);
  return { rows: scans.reduce((sum, node) => sum + (rowsRead(node) ?? NaN), 0), blocks };
}

async function explain(connection: SideConnection, options: string, { text, values }: Statement): Promise<PlanNode[]> {
  return nodesOf(await connection.query<ExplainRow>(`EXPLAIN (${options}) ${text}`, values));
}

/** The generic plan, made without knowing the values. From its sixth run on, PostgreSQL may use it for a prepared statement. */
async function explainGeneric(connection: SideConnection, { text, values }: Statement): Promise<PlanNode[]> {
  await connection.query('SET plan_cache_mode = force_generic_plan');
  await connection.query(`PREPARE asked AS ${text}`);
  const unknown = values.length > 0 ? `(${values.map(() => 'NULL').join()})` : '';
  const nodes = nodesOf(await connection.query<ExplainRow>(`EXPLAIN (FORMAT JSON) EXECUTE asked${unknown}`));
  await connection.query('DEALLOCATE asked');
  await connection.query('RESET plan_cache_mode');
  return nodes;
}

interface ExplainRow {
  readonly 'QUERY PLAN': readonly { readonly Plan: PlanNode }[];
}

function nodesOf([row]: readonly ExplainRow[]): PlanNode[] {
  const flatten = (node: PlanNode): PlanNode[] => {
    const isLimited = node['Node Type'] === 'Limit' && (node['Plan Rows'] ?? Infinity) <= 2;
    return [node, ...(node.Plans ?? []).flatMap((inner) => flatten({ ...inner, isLimited }))];
  };
  return row?.['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan)) ?? [];
}

function isLargeRead(node: PlanNode): boolean {
  const rows = rowsOf(node);
  if (rows === undefined || !node['Node Type'].endsWith('Scan')) return false;
  if (node['Actual Loops'] === 0) return false;
  if (isTableScan(node)) return true;
  const read = rowsRead(node);
  if (read !== null) return read > LARGE_PART * rows;
  return node['Index Name'] !== undefined && !node['Index Cond'] && !node.isLimited;
}

function isTableScan(node: PlanNode): boolean {
  return node['Node Type'] === 'Seq Scan' && rowsOf(node) !== undefined;
}

/** The rows of the table or partition that a node reads; undefined if it is small. */
function rowsOf(node: PlanNode): number | undefined {
  return ROWS[(node['Relation Name'] ?? '').replace(/_\d{4}_\d\d$/, '')];
}

/** How many rows were examined; null if the statement was not run. */
function rowsRead(node: PlanNode): number | null {
  if (node['Actual Loops'] === undefined) return null;
  const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return node['Actual Loops'] * ((node['Actual Rows'] ?? 0) + removed);
}

function inWords(node: PlanNode): string {
  const read = rowsRead(node);
  return [
    `${node['Node Type']} of ${node['Relation Name'] ?? ''}`,
    ...(node['Index Name'] === undefined ? [] : [`by ${node['Index Name']}`]),
    ...(read === null ? [] : [`: ${Math.round(read)} rows`]),
  ].join(' ');
}
