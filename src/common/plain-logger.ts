import type { PinoLogger } from 'nestjs-pino';

/** The logger methods that are used for frequent lines. */
export interface PlainLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * A logger without redaction, for frequent lines: redacting a line takes as long as writing it. Log no field with it that the main logger
 * redacts.
 * @param bindings fields of every line
 */
export function plainLogger({ logger }: PinoLogger, bindings: Record<string, string> = {}): PlainLogger {
  return logger.child(bindings, { redact: [] });
}
