/** A field that the service refuses, and why. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** A request that failed: the service has refused it, or did not answer. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 if there was no answer. */
    readonly status: number,
    /** Stable, such as `GATEWAY_NOT_FOUND`; `NO_ANSWER` if there was none. */
    readonly code: string,
    message: string,
    readonly fields: readonly FieldProblem[] = [],
    /** What the log of the service calls the request; null if there was no answer. */
    readonly requestId: string | null = null,
  ) {
    super(message);
  }
}

/** Makes an `ApiError` of what a request ended with. @param body the parsed answer, or what `fetch` threw */
export function toApiError(body: unknown, response: Response | undefined): ApiError {
  if (!response) return new ApiError(0, 'NO_ANSWER', 'The service does not answer');
  const { error } = (body ?? {}) as { error?: { code?: string; message?: string; details?: FieldProblem[] } };
  return new ApiError(
    response.status,
    error?.code ?? `HTTP_${response.status}`,
    error?.message ?? `The service answered with status ${response.status}`,
    error?.details ?? [],
    response.headers.get('x-request-id'),
  );
}

/** Whether a request failed because nobody is signed in. */
export function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}
