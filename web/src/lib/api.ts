import { client } from '../../.generated/client.gen';
import { toApiError } from './api-error';
import { serviceUrl } from './base';
import { learnServiceTime } from './clock';

/** Prepares the generated client: where the service is, and errors that are instances of `ApiError`. Call it once, first. */
export function prepareApi(): void {
  client.setConfig({ baseUrl: serviceUrl, throwOnError: true });
  client.interceptors.response.use((response) => {
    learnServiceTime(response.headers.get('date'));
    return response;
  });
  client.interceptors.error.use((error, response) => toApiError(error, response));
}
