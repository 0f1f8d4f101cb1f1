import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { NoAnswerError, NobodyAnswersError, ReplicaBus } from '../bus/replica-bus';
import type { Message } from '../bus/replica-bus';
import type { Actor } from '../common/actor';
import { DomainError } from '../common/domain-error';
import { CredentialCipher } from '../crypto/credential-cipher';
import { Ownership } from '../ownership/ownership';
import { SHARD_COUNT, shardOf } from '../ownership/shard';
import type { Shards } from '../ownership/ownership';
import { actorMessage, toActor, toActorMessage } from './actor-message';
import { carriedError, fromCarriedError, toCarriedError } from './carried-error';
import { OwnerSilentError, OwnerUnreachableError } from './routing.errors';

/** How long an owner may take for what needs the database only, in milliseconds. */
export const ANSWER_MS = 15_000;

const callMessage = z.object({ name: z.string(), actor: actorMessage, gatewayId: z.string(), question: z.unknown() });
const replyMessage = z.union([z.object({ error: carriedError }), z.object({ answer: z.unknown() })]);

/** Carries out a request about a gateway, in the process that owns it. What it gets and returns must be what JSON can hold. */
export type CarryOut<Question, Answer> = (actor: Actor, gatewayId: string, question: Question) => Promise<Answer>;

/** Like `CarryOut`, in whichever process. @param timeoutMs how long the owner may take */
export type AtOwner<Question, Answer> = (
  actor: Actor,
  gatewayId: string,
  question: Question,
  timeoutMs?: number,
) => Promise<Answer>;

/** What to do when nobody can be asked: `here` if that stores a wish, which the next owner finds. */
export interface CallOptions {
  readonly withoutOwner: 'here' | 'refuse';
}

/**
 * Brings requests to the replica that owns the gateway. Rights are checked by the replica that got the request. Messages are sealed with the
 * encryption key: they may contain a password, and only a replica of this service can write one.
 */
@Injectable()
export class OwnerCalls {
  private readonly handlers = new Map<string, CarryOut<never, unknown>>();
  private readonly answering = new Map<number, () => void>();

  constructor(
    private readonly bus: ReplicaBus,
    private readonly ownership: Ownership,
    private readonly cipher: CredentialCipher,
  ) {
    if (!bus.isShared) return;
    ownership.onGained((shards) => this.listen(shards));
    ownership.onGiven((shards) => this.leave(shards));
    ownership.onLost((shards) => this.leave(shards));
  }

  /** Whether other processes may own gateways. */
  get isShared(): boolean {
    return this.bus.isShared;
  }

  /** Whether requests about the gateway are carried out in this process. */
  isHere(gatewayId: string): boolean {
    return !this.bus.isShared || this.ownership.owns(gatewayId);
  }

  /** The gateways by the replica that owns them: those without an owner, and those of this process, are of this one. */
  byOwner(gatewayIds: readonly string[]): string[][] {
    const groups = new Map<string, string[]>();
    for (const id of gatewayIds) {
      const owner = this.isHere(id) ? '' : (this.ownership.ownerOf(id)?.id ?? '');
      groups.set(owner, [...(groups.get(owner) ?? []), id]);
    }
    return [...groups.values()];
  }

  /**
   * Defines a request that the owner carries out. Call it in a constructor, once for each name.
   * @returns the function to call: throws what `carryOut` does, if that is a DomainError; OwnerUnreachableError; OwnerSilentError
   */
  define<Question, Answer>(
    name: string,
    carryOut: CarryOut<Question, Answer>,
    { withoutOwner }: CallOptions = { withoutOwner: 'refuse' },
  ): AtOwner<Question, Answer> {
    this.handlers.set(name, carryOut);
    return async (actor, gatewayId, question, timeoutMs = ANSWER_MS) => {
      if (this.isHere(gatewayId)) return carryOut(actor, gatewayId, question);
      try {
        return (await this.ask(name, actor, gatewayId, question, timeoutMs)) as Answer;
      } catch (error) {
        if (error instanceof OwnerUnreachableError && withoutOwner === 'here')
          return carryOut(actor, gatewayId, question);
        throw error;
      }
    };
  }

  private async ask(
    name: string,
    actor: Actor,
    gatewayId: string,
    question: unknown,
    timeoutMs: number,
  ): Promise<unknown> {
    const shard = shardOf(gatewayId);
    const call = { name, actor: toActorMessage(actor), gatewayId, question };
    let reply: Message;
    try {
      reply = await this.bus.ask(`shard.${shard}`, this.seal(call, 'call', shard), timeoutMs);
    } catch (error) {
      if (error instanceof NobodyAnswersError) throw new OwnerUnreachableError();
      throw error instanceof NoAnswerError ? new OwnerSilentError() : error;
    }
    if (reply === null) throw new OwnerUnreachableError(); // Given away at this moment.
    const opened = replyMessage.parse(this.unseal(reply, 'reply', shard));
    if ('error' in opened) throw fromCarriedError(opened.error);
    return opened.answer;
  }

  private listen(shards: Shards): Promise<void> {
    for (const shard of numbersOf(shards)) {
      if (!this.answering.has(shard)) {
        this.answering.set(
          shard,
          this.bus.answer(`shard.${shard}`, (message) => this.answer(shard, message)),
        );
      }
    }
    return Promise.resolve();
  }

  private leave(shards: Shards): Promise<void> {
    for (const shard of numbersOf(shards)) {
      this.answering.get(shard)?.();
      this.answering.delete(shard);
    }
    return Promise.resolve();
  }

  /** @returns null if this process is not the owner any longer */
  private async answer(shard: number, message: Message): Promise<Message> {
    const { name, actor, gatewayId, question } = callMessage.parse(this.unseal(message, 'call', shard));
    if (!this.ownership.owns(gatewayId)) return null;
    const carryOut = this.handlers.get(name);
    if (!carryOut) throw new Error(`no request is called ${name} in this version`);
    return this.seal(await outcomeOf(carryOut(toActor(actor), gatewayId, question as never)), 'reply', shard);
  }

  private seal(message: unknown, kind: 'call' | 'reply', shard: number): string {
    return this.cipher.seal(JSON.stringify(message), `bus.${kind}`, String(shard));
  }

  private unseal(message: Message, kind: 'call' | 'reply', shard: number): unknown {
    return JSON.parse(this.cipher.open(String(message), `bus.${kind}`, String(shard)));
  }
}

/** A refusal is an answer as well; other errors are not. */
async function outcomeOf(carriedOut: Promise<unknown>): Promise<z.input<typeof replyMessage>> {
  try {
    return { answer: await carriedOut };
  } catch (error) {
    const carried = error instanceof DomainError ? toCarriedError(error) : null;
    if (!carried) throw error;
    return { error: carried };
  }
}

function numbersOf(shards: Shards): readonly number[] {
  return shards === 'all' ? Array.from({ length: SHARD_COUNT }, (_, shard) => shard) : shards;
}
