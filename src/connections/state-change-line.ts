import type { PlainLogger } from '../common/plain-logger';
import type { StateChange } from '../status/state-change';

/** Logs a state change. */
export function logStateChange(logger: PlainLogger, { gateway, from, to, reason, attempt }: StateChange): void {
  logger.info({ gatewayId: gateway.id, from, to, reason, attempt }, 'connection state changed');
}
