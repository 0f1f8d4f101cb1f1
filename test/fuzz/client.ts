import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';

const PATIENCE_MS = 20_000;

export interface Outgoing {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** An HTTP client that keeps its connections, and sends what it is given as it is. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly url: string) {}

  /** Reads an event stream up to its first event only. @throws Error if the connection is reset, or nothing comes */
  send({ method, target, headers, body }: Outgoing): Promise<Answer> {
    const { hostname, port } = new URL(this.url);
    return new Promise((resolve, reject) => {
      // By itself, Node sends the body of a DELETE without its length: the service takes it for the next request.
      const length = body && { 'content-length': String(body.length) };
      const options = { method, hostname, port, path: target, agent: this.agent, timeout: PATIENCE_MS };
      const request = httpRequest({ ...options, headers: { ...length, ...headers } }, (response) => {
        const { statusCode: status = 0, headers: received } = response;
        let text = '';
        const answer = () => resolve({ status, headers: received, text });
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (!isStream(received) || !/^data:.*\n\n/m.test(text)) return;
          answer();
          request.destroy();
        });
        response.on('end', answer).on('error', reject);
      });
      // After the answer, an error is only that the service did not want the rest of the body.
      request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer')));
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

function isStream({ 'content-type': type }: IncomingMessage['headers']): boolean {
  return type?.startsWith('text/event-stream') === true;
}
