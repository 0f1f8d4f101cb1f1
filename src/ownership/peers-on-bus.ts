import { Injectable, Optional } from '@nestjs/common';
import { z } from 'zod';
import { ReplicaBus } from '../bus/replica-bus';
import type { Message } from '../bus/replica-bus';
import { instanceId } from '../common/instance';
import { Peers } from './peers';
import type { PeerAnswer, PeerHandlers } from './peers';
import { TIMING } from './protocol/timing';

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ask'), from: z.string() }),
  z.object({ kind: z.literal('ended') }),
  z.object({ kind: z.literal('nudge'), from: z.string() }),
]);

type PeerMessage = z.output<typeof message>;

const peerAnswer = z.object({ looks: z.number(), blindMs: z.number(), knowsMe: z.boolean() });

/** Replicas reach each other over the bus. */
@Injectable()
export class PeersOnBus extends Peers {
  private readonly id: string;

  constructor(
    private readonly bus: ReplicaBus,
    /** Another id is for tests, which run several replicas in one process. */
    @Optional() { id = instanceId }: { id?: string } = {},
  ) {
    super();
    this.id = id;
  }

  serve(handlers: PeerHandlers): void {
    this.bus.answer(`replica.${this.id}`, (received) => this.hear(received, handlers));
    this.bus.answer('everyone', (received) => this.hear(received, handlers));
  }

  async ask(replicaId: string): Promise<PeerAnswer | null> {
    const question: PeerMessage = { kind: 'ask', from: this.id };
    const answer = await this.bus.ask(`replica.${replicaId}`, question, TIMING.answerMs).catch(() => null);
    return peerAnswer.safeParse(answer).data ?? null;
  }

  tellEnded(replicaId: string): void {
    this.bus.tell(`replica.${replicaId}`, { kind: 'ended' } satisfies PeerMessage);
  }

  nudge(): void {
    this.bus.tell('everyone', { kind: 'nudge', from: this.id } satisfies PeerMessage);
  }

  private hear(received: Message, handlers: PeerHandlers): PeerAnswer | null {
    const { data } = message.safeParse(received);
    if (data?.kind === 'ask') return handlers.answer(data.from);
    if (data?.kind === 'ended') handlers.told();
    if (data?.kind === 'nudge' && data.from !== this.id) handlers.nudged();
    return null;
  }
}
