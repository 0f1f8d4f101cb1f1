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

interface PostgresError extends Error {
  code?: string;
  constraint?: string;
}

function driverErrorOf(error: unknown): PostgresError | null {
  return error instanceof QueryFailedError ? (error.driverError as PostgresError) : null;
}
