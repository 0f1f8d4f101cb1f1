import { sqlStateOf } from '../../database/violations';

/**
 * What a failed transaction says: `data`: PostgreSQL refuses a reading; `suspect`: the code failed, perhaps on one of the readings; `outage`:
 * the database is away or cannot write now.
 */
export type StoreFailure = 'data' | 'suspect' | 'outage';

/** Classes of SQLSTATE that are about the values: cardinality, data, integrity, and limits of the program. */
const DATA_CLASSES = ['21', '22', '23', '54'];

export function failureOf(error: unknown): StoreFailure {
  const state = sqlStateOf(error);
  if (state !== null) return DATA_CLASSES.includes(state.slice(0, 2)) ? 'data' : 'outage';
  return error instanceof TypeError || error instanceof RangeError ? 'suspect' : 'outage';
}
