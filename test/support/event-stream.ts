import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { ConnectionStatusDto } from '../../src/status/connection-status.dto';
import { eventually } from './eventually';

/** What a stream sends between two empty lines: field → value, a comment under the empty name. */
export type Block = Readonly<Record<string, string>>;

/** Reads a stream, by default `GET /api/events`, and keeps everything it receives. */
export class EventStream {
  readonly blocks: Block[] = [];
  /** How the stream ended; null while it is open. */
  ending: 'complete' | 'broken' | null = null;
  private rest = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.take(text));
    response.on('error', () => undefined); // Reported by `ending`.
    response.on('close', () => (this.ending = response.complete ? 'complete' : 'broken'));
  }

  /** Resolves when the first event has arrived. @param others headers */
  static async open(
    service: { url: string },
    query = '',
    lastEventId?: string,
    key?: string,
    path = '/api/events',
    others: Readonly<Record<string, string>> = {},
  ): Promise<EventStream> {
    const headers = {
      ...others,
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    };
    const request = get(`${service.url}${path}${query}`, { agent: false, headers });
    // Node also reports an error of the connection at the request, long after the response has begun.
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`the stream was refused with ${response.statusCode}`);
    const stream = new EventStream(response);
    await eventually(() => {
      if (stream.lastId === '') throw new Error('the stream has not begun');
    });
    return stream;
  }

  /** The id from which a client would resume: events without data set it too. */
  get lastId(): string {
    return this.blocks.findLast(({ id }) => id !== undefined)?.['id'] ?? '';
  }

  /** The events after the start: blocks with data. */
  get events(): Block[] {
    return this.blocks.filter(({ data, event }) => data !== undefined && event !== 'start');
  }

  get statuses(): ConnectionStatusDto[] {
    return this.events
      .filter(({ event }) => event === 'state')
      .map(({ data }) => JSON.parse(data ?? '') as ConnectionStatusDto);
  }

  get states(): string[] {
    return this.statuses.map(({ state }) => state);
  }

  /** Waits until exactly these states have been received, and returns the statuses. */
  tells(...states: string[]): Promise<ConnectionStatusDto[]> {
    return eventually(() => {
      expect(this.states).toEqual(states);
      return this.statuses;
    });
  }

  close(): void {
    this.response.destroy();
  }

  private take(text: string): void {
    const blocks = `${this.rest}${text}`.split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) this.blocks.push(parse(block));
  }
}

function parse(block: string): Block {
  return Object.fromEntries(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')] as const;
    }),
  );
}
