import { PinoLogger } from 'nestjs-pino';

/** A logger that writes nothing. Tests spy on its methods. */
export function silentLogger(): PinoLogger {
  return new PinoLogger({ pinoHttp: { level: 'silent' } });
}
