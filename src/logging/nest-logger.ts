import { Logger } from 'nestjs-pino';
import type { PinoLogger } from 'nestjs-pino';

/** Contexts of the lines with which Nest lists every module and route at each start. They would bury the important lines. */
const INVENTORY = new Set<unknown>(['InstanceLoader', 'RoutesResolver', 'RouterExplorer']);

/** Writes Nest's own lines, without the inventory. */
export class NestLogger extends Logger {
  constructor(logger: PinoLogger) {
    super(logger, {});
  }

  override log(message: unknown, ...parameters: unknown[]): void {
    if (!INVENTORY.has(parameters.at(-1))) super.log(message, ...parameters);
  }
}
