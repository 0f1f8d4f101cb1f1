import { QueryFailedError } from 'typeorm';

/** Whether a statement was refused by the constraint or unique index of this name. */
export function isViolationOf(constraint: string, error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const driverError = error.driverError as Error & { constraint?: string };
  return driverError.constraint === constraint;
}
