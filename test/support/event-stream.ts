import { once } from 'node:events';
import { get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { ConnectionStatusDto } from '../../src/connections/connection-status.dto';
import { eventually } from './eventually';

/** What stands between two empty lines of a stream: field → value, a comment under the empty name. */
export type Block = Readonly<Record<string, string>>;

/** A reader of `GET /api/events` that keeps all it is sent. */
export class EventStream {
  readonly blocks: Block[] = [];
  /** How it ended, when it has. */
  ending: 'complete' | 'broken' | null = null;
  private rest = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.take(text));
    response.on('error', () => undefined); // Told by the ending.
    response.on('close', () => (this.ending = response.complete ? 'complete' : 'broken'));
  }

  /** Resolves when its first event has come. */
  static async open(service: { url: string }, query = '', lastEventId?: string): Promise<EventStream> {
    const headers = { ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }) };
    const request = get(`${service.url}/api/events${query}`, { agent: false, headers });
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

  /** What a client is told of after the start: blocks with data. */
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

  /** Waits until it was told of exactly these states, and gives the statuses. */
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
