import { AnswerDeadline } from './answer-deadline';
import type { AnsweringSocket } from './answer-deadline';
import { keepsBusy } from './command';
import type { Command, CommandOutcome, CommandType, MayBeSent, Question } from './command';
import { hasReply, isNews, isReplyType, matchReply } from './reply-matching';
import type { InboundFrame } from '../protocol/frames';

const MAX_WAITING = 64;

/** A waiting command rises by one priority per minute, but not above 2, so that it is neither stuck for ever nor ahead of an operator. */
const AGEING_MS = 60_000;
const HIGHEST_BY_AGE = 2;

/** The socket of one session. */
export interface CommandSocket extends AnsweringSocket {
  send(text: string): void;
  /** @param bytes size up to which messages are kept whole from now on; undefined for the usual one */
  keepMessages(bytes: number | undefined): void;
  /** @param command what keeps the gateway busy from now on; null: nothing any longer */
  onBusy(command: CommandType | null): void;
}

type OnEnded = (outcome: CommandOutcome) => void;

interface Waiting {
  readonly command: Command;
  readonly since: number;
  readonly onEnded: OnEnded;
}

interface InFlight {
  readonly question: Question;
  readonly answerBytes: number | undefined;
  /** Null until the command is sent. */
  deadline: AnswerDeadline | null;
  readonly onEnded: OnEnded;
}

/**
 * Sends the commands of one session, one at a time: replies carry no correlation id, so two commands in flight could not be told apart.
 * The others wait in order of priority, then of age. It repeats nothing.
 */
export class CommandChannel {
  private readonly waiting: Waiting[] = [];
  private inFlight: InFlight | null = null;
  /** Commands without an answer: it may still come. */
  private readonly unanswered: CommandType[] = [];

  /** @param onIdle called when the last command has ended, and no answer to one that was given up can come */
  constructor(
    private readonly socket: CommandSocket,
    private readonly onIdle: (channel: CommandChannel) => void,
  ) {}

  /** Whether the gateway owes a reply. Silence is the success of some commands. */
  get isReplyDue(): boolean {
    return this.inFlight !== null && hasReply(this.inFlight.question.type);
  }

  /** Whether the gateway may be silent because of the command in flight. */
  get isGatewayBusy(): boolean {
    return this.inFlight !== null && keepsBusy(this.inFlight.question.type);
  }

  /** The largest answer that the command in flight keeps whole, in bytes; undefined for the usual size. */
  get answerBytes(): number | undefined {
    return this.inFlight?.answerBytes;
  }

  /**
   * @param onEnded called once, possibly before this returns, unless the command is withdrawn
   * @returns withdraws the command if it is not sent yet; has no effect later
   */
  send(command: Command, onEnded: OnEnded): () => void {
    if (this.waiting.length >= MAX_WAITING) {
      onEnded({ type: 'dropped', code: 'queue_full' });
      return () => undefined;
    }
    const waiting = { command, since: performance.now(), onEnded };
    this.waiting.push(waiting);
    if (!this.isBusy) this.sendNext();
    return () => this.withdraw(waiting);
  }

  /** @returns whether the frame ended the command in flight and concerns nobody else */
  receive(frame: InboundFrame): boolean {
    const { inFlight } = this;
    const late = this.unanswered.findIndex((type) => isReplyType(type, frame.type));
    const outcome = inFlight?.deadline && matchReply(inFlight.question, frame, late >= 0);
    if (!outcome) {
      if (late >= 0) this.forget(late);
      return false;
    }
    this.end(inFlight, outcome);
    return !isNews(frame);
  }

  /** The session is over: drops every command. */
  close(): void {
    const { inFlight } = this;
    this.inFlight = null;
    inFlight?.deadline?.clear();
    const dropped = [inFlight, ...this.waiting.splice(0)];
    for (const each of dropped) each?.onEnded({ type: 'dropped', code: 'session_lost' });
  }

  private withdraw(waiting: Waiting): void {
    const index = this.waiting.indexOf(waiting);
    if (index >= 0) this.waiting.splice(index, 1);
  }

  private end(inFlight: InFlight, outcome: CommandOutcome): void {
    this.inFlight = null;
    inFlight.deadline?.clear();
    if (inFlight.answerBytes !== undefined) this.socket.keepMessages(undefined);
    if (keepsBusy(inFlight.question.type)) this.socket.onBusy(null);
    inFlight.onEnded(outcome);
    if (!this.isBusy) this.sendNext();
    this.noticeIdle();
  }

  /** The late answer to a command has come. */
  private forget(index: number): void {
    this.unanswered.splice(index, 1);
    this.noticeIdle();
  }

  private noticeIdle(): void {
    if (!this.isBusy && this.unanswered.length === 0) this.onIdle(this);
  }

  private get isBusy(): boolean {
    return this.inFlight !== null;
  }

  private sendNext(): void {
    const next = this.takeNext();
    if (!next) return;
    const { type, serial, window, answerBytes, mayBeSent } = next.command;
    // Without the text, which can contain a password.
    const question = { type, ...(serial !== undefined && { serial }), ...(window && { window }) };
    const inFlight: InFlight = { question, deadline: null, answerBytes, onEnded: next.onEnded };
    this.inFlight = inFlight;
    if (mayBeSent) void this.transmitIf(mayBeSent, inFlight, next.command);
    else this.transmit(inFlight, next.command);
  }

  private async transmitIf(mayBeSent: MayBeSent, inFlight: InFlight, command: Command): Promise<void> {
    const isAllowed = await mayBeSent().catch(() => false);
    if (this.inFlight !== inFlight) return; // The session has ended.
    if (isAllowed) this.transmit(inFlight, command);
    else this.end(inFlight, { type: 'dropped', code: 'withheld' });
  }

  private transmit(inFlight: InFlight, { type, text, deadlineMs, answerBytes }: Command): void {
    const onMissed = (): void => {
      if (hasReply(type)) this.unanswered.push(type);
      this.end(inFlight, { type: 'unanswered' });
    };
    inFlight.deadline = new AnswerDeadline(this.socket, deadlineMs, onMissed);
    if (answerBytes !== undefined) this.socket.keepMessages(answerBytes);
    if (keepsBusy(type)) this.socket.onBusy(type);
    this.socket.send(text);
  }

  private takeNext(): Waiting | undefined {
    const now = performance.now();
    let best = 0;
    this.waiting.forEach((each, index) => {
      const leader = this.waiting[best];
      if (leader && rank(each, now) < rank(leader, now)) best = index;
    });
    return this.waiting.splice(best, 1)[0];
  }
}

function rank({ command: { priority }, since }: Waiting, now: number): number {
  const risen = priority - Math.floor((now - since) / AGEING_MS);
  return Math.max(risen, Math.min(priority, HIGHEST_BY_AGE));
}
