/** Time-outs for clients, in milliseconds. */
export interface HttpTimes {
  /** For receiving the whole request including its body. Does not limit the response, such as an event stream. */
  readonly request: number;
  readonly headers: number;
  /** Idle time between two requests on one connection. */
  readonly keepAlive: number;
  /** How often `request` and `headers` are checked. */
  readonly check: number;
}

export const HTTP_TIMES: HttpTimes = { request: 30_000, headers: 10_000, keepAlive: 20_000, check: 5000 };
