import { NotFoundError } from '../common/domain-error';

/** No sensor has this id, or its gateway was deleted. */
export class SensorNotFoundError extends NotFoundError {
  readonly code = 'SENSOR_NOT_FOUND';

  constructor(id: string) {
    super(`There is no sensor ${id}`);
  }
}
