import { PinoLogger } from 'nestjs-pino';
import { StateChanges } from '../../src/status/state-changes';

/** A feed of state changes without listeners. */
export function aFeed(logger = new PinoLogger({ pinoHttp: { level: 'silent' } })): StateChanges {
  return new StateChanges(logger);
}
