import { Logger } from 'nestjs-pino';
import type { PinoLogger } from 'nestjs-pino';

/** Contexts of the lines in which Nest announces every module and every route at each start: they would bury what matters. */
const INVENTORY = new Set<unknown>(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Writes the lines of Nest itself, without the inventory. */
export class NestLogger extends Logger {
  constructor(logger: PinoLogger) {
    super(logger, {});
  }

  override log(message: unknown, ...parameters: unknown[]): void {
    if (!INVENTORY.has(parameters.at(-1))) super.log(message, ...parameters);
  }
}
