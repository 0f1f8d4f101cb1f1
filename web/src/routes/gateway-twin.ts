import { ApiError } from '../lib/api-error';

/** Whether another gateway has the same URL and e-mail. The service stores both if it is told so. */
export function isTwin(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'GATEWAY_URL_TAKEN';
}
