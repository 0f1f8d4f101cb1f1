import { QueryFailedError } from 'typeorm';

/** Whether a statement was refused by the constraint or unique index of this name. */
export function isViolationOf(constraint: string, error: unknown): boolean {
  return driverErrorOf(error)?.constraint === constraint;
}

/** Whether a statement was refused by a unique index. */
export function isUniqueViolation(error: unknown): boolean {
  return driverErrorOf(error)?.code === '23505';
}

/** Whether PostgreSQL aborted a transaction because of a deadlock. */
export function isDeadlock(error: unknown): boolean {
  return driverErrorOf(error)?.code === '40P01';
}

/** The SQLSTATE with which PostgreSQL refused a statement; null for errors that do not come from it. */
export function sqlStateOf(error: unknown): string | null {
  const code = driverErrorOf(error)?.code;
  // The system's codes, such as ECONNRESET, are found in the same place.
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) ? code : null;
}

interface PostgresError extends Error {
  code?: string;
  constraint?: string;
}

function driverErrorOf(error: unknown): PostgresError | null {
  return error instanceof QueryFailedError ? (error.driverError as PostgresError) : null;
}
