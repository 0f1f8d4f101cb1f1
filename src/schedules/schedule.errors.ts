import { InvalidReferenceError, NotFoundError } from '../common/domain-error';
import type { Level } from './freshness';

/** No schedule has this id, or it was deleted, or its target was. */
export class ScheduleNotFoundError extends NotFoundError {
  readonly code = 'SCHEDULE_NOT_FOUND';

  constructor(id: string) {
    super(`There is no schedule ${id}`);
  }
}

const CODES = { factory: 'FACTORY_NOT_FOUND', gateway: 'GATEWAY_NOT_FOUND', sensor: 'SENSOR_NOT_FOUND' } as const;

/** A schedule is to cover something that does not exist. */
export class UnknownTargetError extends InvalidReferenceError {
  readonly code: (typeof CODES)[Level];

  constructor(level: Level, id: string) {
    super(`There is no ${level} ${id}`, 'target.id');
    this.code = CODES[level];
  }
}
