import { InvalidReferenceError } from '../common/domain-error';

/** No limits are stored for such machines. */
export class UnknownSeverityLimitsError extends InvalidReferenceError {
  readonly code = 'SEVERITY_LIMITS_NOT_FOUND';

  constructor(standard: string, group: string, support: string) {
    super(`There are no limits of ${standard} for group ${group} with ${support} support`, 'group');
  }
}
