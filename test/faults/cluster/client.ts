import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayDto } from '../../../src/gateways/gateway.dto';
import { ApiClient, bodyOf } from '../../support/api-client';
import { EventStream } from '../../support/event-stream';
import { eventually } from '../../support/eventually';
import { PATIENCE_MS } from './replica';

const PAUSE_MS = 100;

/** An event as the client has got it: where the stream began anew, or the position of an event in its log. */
type Got = 'reset' | { readonly log: string; readonly position: number };

/**
 * A client that knows one address only, behind which replicas come and go. It writes one gateway over and over, and follows the live stream,
 * which it opens again with the last id when it breaks.
 */
export class Client {
  /** Writes that were answered, and those of which no answer came. */
  answered = 0;
  unanswered = 0;
  private readonly api: ApiClient;
  private readonly got: Got[] = [];
  /** Answers that no client should see. */
  private readonly problems: string[] = [];
  private latest = 0;
  private isOver = false;
  private readonly ended: Promise<unknown>;

  constructor(
    url: string,
    private readonly gatewayId: string,
  ) {
    this.api = new ApiClient(url);
    this.ended = Promise.all([this.writeOn(), this.followOn()]);
  }

  /** Ends it, and expects that no answered write was lost, and that no event was missed or came twice. */
  async expectNothingLost(): Promise<void> {
    await this.stop();
    expect(this.answered).toBeGreaterThan(0);
    expect(this.problems).toEqual([]);
    const { metadata } = await eventually(() => this.read(), PATIENCE_MS);
    expect(metadata['write']).toBeGreaterThanOrEqual(this.latest);
    const jumps = this.got.filter((each, index) => {
      const before = this.got[index - 1] ?? 'reset';
      return (
        each !== 'reset' && before !== 'reset' && (each.log !== before.log || each.position !== before.position + 1)
      );
    });
    expect(jumps).toEqual([]);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private read(): Promise<GatewayDto> {
    return bodyOf<GatewayDto>(this.api.get(`/api/gateways/${this.gatewayId}`));
  }

  private async writeOn(): Promise<void> {
    for (let write = 1; !this.isOver; write += 1) {
      const answer = await this.api.put(`/api/gateways/${this.gatewayId}`, { metadata: { write } }).catch(() => null);
      if (answer?.status === 200) {
        this.answered += 1;
        this.latest = write;
        const seen = await this.read().catch(() => null);
        if (seen && seen.metadata['write'] !== write)
          this.problems.push(`wrote ${write}, read ${JSON.stringify(seen.metadata)}`);
      } else if (answer && answer.status < 500) this.problems.push(JSON.stringify(answer));
      else this.unanswered += 1;
      await sleep(PAUSE_MS);
    }
  }

  private async followOn(): Promise<void> {
    let lastId: string | undefined;
    while (!this.isOver) {
      const stream = await EventStream.open(this.api, '?include=gateways', lastId).catch(() => null);
      if (stream) await this.untilEnded(stream);
      stream?.close();
      this.got.push(...(stream?.blocks ?? []).flatMap(({ event, data, id }) => gotOf(event, data, id)));
      lastId = stream?.lastId ?? lastId;
      await sleep(PAUSE_MS);
    }
  }

  private async untilEnded(stream: EventStream): Promise<void> {
    while (!this.isOver && stream.ending === null) await sleep(PAUSE_MS);
  }
}

/** Nothing for a heartbeat, and for the start of a stream that goes on. */
function gotOf(event?: string, data?: string, id?: string): Got[] {
  if (event === 'reset' || (event === 'start' && data?.includes('false') === true)) return ['reset'];
  if (event === 'start' || data === undefined || id === undefined) return [];
  const cut = id.lastIndexOf('-');
  return [{ log: id.slice(0, cut), position: Number(id.slice(cut + 1)) }];
}
