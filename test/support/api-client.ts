const TIMEOUT_MS = 30_000;

/** An answer of the service, and how long it took in milliseconds. `body` is null if it is empty. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly ms: number;
}

/** Plain HTTP to a service in another process. A call rejects only without a complete answer, as when the service is killed. */
export class ApiClient {
  /** @param headers of every request */
  constructor(
    readonly url: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, body?: object): Promise<Answer> {
    return this.send('POST', path, body);
  }

  put(path: string, body: object): Promise<Answer> {
    return this.send('PUT', path, body);
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  private async send(method: string, path: string, body?: object): Promise<Answer> {
    const began = performance.now();
    const response = await fetch(this.url + path, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { ...this.headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const ms = performance.now() - began;
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown), ms };
  }
}

/** The body of an answer that must have this status. @throws Error with the answer when it has another one. */
export async function bodyOf<Body>(answer: Promise<Answer>, status = 200): Promise<Body> {
  const { status: given, body } = await answer;
  if (given !== status) throw new Error(`answered ${given} instead of ${status}: ${JSON.stringify(body)}`);
  return body as Body;
}
