/** How long a client may take, in milliseconds. */
export interface HttpTimes {
  /** For the whole request, its body included. The answer may take longer, as a stream of events does. */
  readonly request: number;
  readonly headers: number;
  /** Between two requests on one connection. */
  readonly keepAlive: number;
  /** How often the first two are checked. */
  readonly check: number;
}

export const HTTP_TIMES: HttpTimes = { request: 30_000, headers: 10_000, keepAlive: 20_000, check: 5000 };
