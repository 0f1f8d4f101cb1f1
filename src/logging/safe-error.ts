import { types } from 'node:util';

/** The fields of an error in a log line. */
interface LoggedError {
  type: string;
  message: string;
  code?: string | number;
  stack?: string;
  cause?: LoggedError | string;
}

/**
 * Picks the fields of an error that may be logged. Library errors carry more than that: a failed query has its parameters, which
 * include sealed passwords, and the server's detail quotes whole rows.
 */
export function safeError(error: unknown): LoggedError | string {
  if (!types.isNativeError(error)) return typeof error === 'string' ? error : 'a value that is not an Error was thrown';
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    message: error.message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined && { cause: safeError(error.cause) }),
  };
}
