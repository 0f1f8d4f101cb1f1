import type { Reach } from '../../common/actor';
import { PreconditionFailedError } from '../../common/precondition';
import type { Parameters } from './parameters';
import { withinReach } from './selection';

/** What decides whether a row can be changed. */
interface ChangeableRow {
  /** SQL expression of the id. */
  readonly key: string;
  /** SQL condition of a row that has not ended. */
  readonly isLiving: string;
  /** The column with the organization of a row. */
  readonly organization: string;
}

/** SQL: the condition for a row that has not ended, is within reach, and has one of these revisions if any are given. */
export function changeableSql(
  reach: Reach,
  { key, isLiving, organization }: ChangeableRow,
  parameters: Parameters,
  ifMatch?: readonly number[],
): string {
  return [
    `id = ${key} AND ${isLiving}`,
    ...withinReach(reach, organization, parameters),
    ...(ifMatch ? [`revision = ANY (${parameters.add(ifMatch, 'integer[]')})`] : []),
  ].join(' AND ');
}

/** Tells a row that is missing from one that has another revision. @throws PreconditionFailedError for the latter */
export function requireRevisionOf(row: { readonly revision: number } | null, ifMatch: readonly number[]): void {
  if (row && !ifMatch.includes(row.revision)) throw new PreconditionFailedError(row.revision);
}
