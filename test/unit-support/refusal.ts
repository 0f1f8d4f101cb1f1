import { QueryFailedError } from 'typeorm';

/** What a statement fails with that PostgreSQL refuses. @param code the SQLSTATE */
export function aRefusal(code: string): Error {
  return new QueryFailedError('INSERT', [], Object.assign(new Error(`refused with ${code}`), { code }));
}
