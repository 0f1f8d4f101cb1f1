import { Inject, Injectable, Optional } from '@nestjs/common';
import { hasReply } from '../gateway-client/conversation/reply-matching';
import { toCommand } from '../gateway-client/conversation/command';
import type { CommandOptions, CommandOutcome, GatewayCommand } from '../gateway-client/conversation/command';
import { Ownership } from '../ownership/ownership';
import { ConnectionSupervisor } from './connection.supervisor';

/** How long a gateway may take to answer a command, in milliseconds. */
export const ANSWER_MS = 30_000;

/** Why a command has no result. */
export type CommandErrorCode =
  /** The gateway has no logged-in session in this process. The command was not sent. */
  | 'not_connected'
  /** This process cannot tell whether another one has taken the gateway over. The command was not sent. */
  | 'ownership_uncertain'
  /** Too many commands wait for this gateway. The command was not sent. */
  | 'queue_full'
  /** The session ended first. The command may have been sent. */
  | 'session_lost'
  /** The gateway answered with an error. */
  | 'rejected_by_gateway'
  /** `mayBeSent` was false. The command was not sent. */
  | 'withheld'
  /** No answer in time. One that comes later goes to the inbox. */
  | 'command_timeout'
  /** The caller has given up. The command may have been sent. */
  | 'cancelled';

/** A command to a gateway has no result. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  /** @param said what the gateway answered: to be shown, never branched on. It may quote the login */
  constructor(
    readonly code: CommandErrorCode,
    readonly said: string | null = null,
  ) {
    super(`the command ended with ${code}`);
  }
}

export interface SendOptions extends Partial<CommandOptions> {
  /** See `PRIORITY`. */
  readonly priority: number;
  /** Gives the command up. It is not sent if it still waits; otherwise its answer is dropped. */
  readonly signal?: AbortSignal;
}

/**
 * Sends commands to gateways, for the parts of the service that need something of them. Needs no database. A command is sent once: after
 * a lost session, whoever needs the answer asks again.
 */
@Injectable()
export class GatewayCommands {
  constructor(
    private readonly supervisor: ConnectionSupervisor,
    /** Without it, everything may be sent. */
    @Optional() @Inject(Ownership) private readonly ownership: Ownership | null = null,
  ) {}

  /**
   * Sends a command as soon as those before it have ended.
   * @returns the data of the reply. Of a `TAKE_*`: the data of the notification that shows it has begun, or undefined after a silence
   * that counts as success
   * @throws CommandError
   */
  send(gatewayId: string, command: GatewayCommand, { signal, ...options }: SendOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new CommandError('cancelled'));
      if (!this.mayOrder(gatewayId)) return reject(new CommandError('ownership_uncertain'));
      let withdraw: (() => void) | null = null;
      const onAbort = () => {
        withdraw?.();
        reject(new CommandError('cancelled'));
      };
      const complete = toCommand(command, {
        ...{ deadlineMs: deadlineOf(command), ...options },
        ...(this.ownership?.isShared && { mayBeSent: () => this.mayBeSent(gatewayId, options.mayBeSent) }),
      });
      withdraw = this.supervisor.execute(gatewayId, complete, (outcome) => {
        signal?.removeEventListener('abort', onAbort);
        settle(command, outcome, resolve, reject);
      });
      if (withdraw) signal?.addEventListener('abort', onAbort, { once: true });
      else reject(new CommandError('not_connected'));
    });
  }

  private mayOrder(gatewayId: string): boolean {
    const { ownership } = this;
    return !ownership?.isShared || !ownership.owns(gatewayId) || ownership.mayOrder(gatewayId);
  }

  /** Its turn has come. The permission may end while it is asked for another one. */
  private async mayBeSent(gatewayId: string, also: SendOptions['mayBeSent']): Promise<boolean> {
    const mayOrder = () => this.ownership?.mayOrder(gatewayId) ?? true;
    return mayOrder() && ((await also?.()) ?? true) && mayOrder();
  }

  /** Makes text of a gateway safe to show. Null if the gateway has no session that could tell what its login is. */
  forPeople(gatewayId: string, text: string): string | null {
    return this.supervisor.forPeople(gatewayId, text);
  }
}

/** How long a gateway has to refuse a command that has no reply. */
const NO_REPLY_WINDOW_MS = 1500;

function deadlineOf({ type }: GatewayCommand): number {
  return hasReply(type) ? ANSWER_MS : NO_REPLY_WINDOW_MS;
}

function settle(
  { type }: GatewayCommand,
  outcome: CommandOutcome,
  resolve: (data: unknown) => void,
  reject: (error: CommandError) => void,
): void {
  switch (outcome.type) {
    case 'replied':
      return resolve(outcome.data);
    case 'refused':
      return reject(new CommandError('rejected_by_gateway', outcome.error.text));
    case 'unanswered':
      return hasReply(type) ? reject(new CommandError('command_timeout')) : resolve(undefined);
    case 'dropped':
      return reject(new CommandError(outcome.code));
  }
}
