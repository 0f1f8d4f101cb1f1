import { ConflictError, NotFoundError } from '../common/domain-error';

/** No sensor has this id, or its gateway was deleted. */
export class SensorNotFoundError extends NotFoundError {
  readonly code = 'SENSOR_NOT_FOUND';

  constructor(id: string) {
    super(`There is no sensor ${id}`);
  }
}

/** The gateway has no session, so nothing can be asked of it. */
export class GatewayNotConnectedError extends ConflictError {
  readonly code = 'GATEWAY_NOT_CONNECTED';

  constructor() {
    super('The gateway is not connected');
  }
}
