import { readLoginAnswer, readSubscribeRefusal } from './answers';
import type { LoginAnswer } from './answers';
import { PRIORITY } from './command';
import type { Command, CommandOutcome, CommandType } from './command';
import { hasReply } from './reply-matching';
import { CommandChannel } from './command-channel';
import type { CommandSocket } from './command-channel';
import type { Reason } from '../failure/failure';
import { COMMANDS_UNANSWERED } from '../failure/reasons';
import { PARSED_BYTES, decode, encode } from '../protocol/codec';
import { login, probe, subscribe, unsubscribe } from '../protocol/frames';
import type { InboundFrame } from '../protocol/frames';
import { messageType } from '../protocol/message-types';
import type { MessageType } from '../protocol/message-types';
import { forPeople } from '../protocol/gateway-text';
import { KEPT_BYTES } from '../transport/bounded-receiver';
import type {
  DialStep,
  Endpoint,
  OpenedEnd,
  Socket,
  SocketEnd,
  SocketListener,
  Transport,
} from '../transport/transport';

/**
 * How long to wait for an error to a command that has no other answer, in milliseconds. The value comes from a public client that was
 * used with hardware.
 */
const NO_REPLY_WINDOW_MS = 1500;
const PROBE_DEADLINE_MS = 30_000;

/** Larger messages than this are not kept whole unless the service has asked for one. Three axes of 32,768 samples take up to 2.1 MB. */
const READING_BYTES = 4 * 1024 * 1024;

/** RFC 6455, section 7.4.1: the gateway rejects this client by policy, which is unlikely to change soon. */
const POLICY_VIOLATION = 1008;

const SUBSCRIBE: Command = {
  type: 'POST_SUB_CHANGES',
  text: encode(subscribe),
  priority: PRIORITY.session,
  deadlineMs: NO_REPLY_WINDOW_MS,
};
const PROBE: Command = {
  type: 'GET_DYN_CONNECTED',
  text: encode(probe),
  priority: PRIORITY.upkeep,
  deadlineMs: PROBE_DEADLINE_MS,
};
const UNSUBSCRIBE = encode(unsubscribe);

/** So many commands without an answer in a row end the connection: an answer that comes later could belong to any of them. */
const MISSES_TO_LOSE = 2;

/** A gateway and the login for it. The password is sealed; it is revealed for each use, and null if it cannot be. */
export interface Account extends Endpoint {
  readonly email: string;
  readonly password: { revealOrNull(): string | null };
}

/** Notified of what happens in a conversation. After `close()`, only `onClosed` is called. */
export interface ConversationListener {
  /** The dial has reached this step. */
  onStep?(step: DialStep): void;
  /**
   * @param isVerified whether the certificate was verified; null without TLS
   * @param expiresAt when the certificate expires, in milliseconds since 1970
   */
  onOpen(isVerified: boolean | null, expiresAt?: number | null): void;
  onSent(): void;
  /** @param type `unreadable` if the message was not a frame and is dropped */
  onMessage(type: MessageType): void;
  /** A message has been received in part. */
  onMessageBegins(): void;
  /** @param command what keeps the gateway busy from now on; null: nothing any longer */
  onBusy?(command: CommandType | null): void;
  /** A frame that answers no command. */
  onFrame(frame: InboundFrame): void;
  onPing(): void;
  onPong(): void;
  /** @param isUnwelcome whether the gateway closed the connection because of its own policy */
  onLost(reason: Reason, isUnwelcome: boolean): void;
  /** The socket is gone. Called exactly once, last. */
  onClosed(): void;
}

/**
 * The conversation with one gateway on one socket, from the dial to the end: login, subscription, probes, and the frames that answer
 * none of them. Sessions and connection tests both use it.
 */
export class Conversation implements SocketListener, CommandSocket {
  private readonly socket: Socket;
  /** Exists only while it has a command: an idle session does not pay for it. */
  private channel: CommandChannel | null = null;
  private isLoggedIn = false;
  private isOver = false;
  /**
   * How many more unanswered commands in a row end the connection. None do until the gateway has answered one: firmware that knows none
   * of the commands would be reconnected for ever.
   */
  private missesLeft = Infinity;

  /**
   * Dials at once.
   * @param loginFrame see `encodeLogin`
   */
  constructor(
    transport: Transport,
    private readonly account: Account,
    private loginFrame: string,
    private readonly listener: ConversationListener,
  ) {
    this.socket = transport.open(account, this);
  }

  /** Gives this dial priority, because an operator waits for it. */
  hurry(): void {
    this.socket.hurry();
  }

  /** Call once. @param onAnswer called once, unless the session ends first */
  logIn(timeoutMs: number, onAnswer: (answer: LoginAnswer) => void): void {
    const command: Command = {
      type: 'POST_LOGIN',
      text: this.loginFrame,
      priority: PRIORITY.session,
      deadlineMs: timeoutMs,
    };
    this.loginFrame = '';
    this.command(command, (outcome) => {
      const answer = readLoginAnswer(outcome, (text) => this.forPeople(text));
      if (answer?.type === 'accepted') this.loggedIn();
      if (answer) onAnswer(answer);
    });
  }

  /** @param onAnswer called once, unless the session ends first, with the reason of a refusal, or null: no error in time means success */
  subscribe(onAnswer: (refusal: Reason | null) => void): void {
    this.command(SUBSCRIBE, (outcome) => {
      if (outcome.type !== 'dropped') onAnswer(readSubscribeRefusal(outcome, (text) => this.forPeople(text)));
    });
  }

  /** Asks for the shortest reply that every logged-in session gets. */
  probe(onEnded: (outcome: CommandOutcome) => void): void {
    this.command(PROBE, onEnded);
  }

  /**
   * Sends a command, after those that are waiting with the same priority. Two in a row without an answer end the connection, if the
   * gateway has answered one before.
   * @param onEnded called once, possibly before this returns, unless the command is withdrawn
   * @returns withdraws the command if it is not sent yet; null, without a call, if the session is not logged in
   */
  execute(command: Command, onEnded: (outcome: CommandOutcome) => void): (() => void) | null {
    if (!this.isLoggedIn || this.isOver) return null;
    return this.command(command, (outcome) => {
      this.countMisses(command, outcome);
      onEnded(outcome);
    });
  }

  ping(): void {
    this.socket.ping();
  }

  /** Unsubscribes, and closes the socket gracefully. Drops the commands that have not ended. */
  close(): void {
    this.isOver = true;
    this.channel?.close();
    if (this.isLoggedIn) this.send(UNSUBSCRIBE); // Best effort: nothing waits for it.
    this.socket.close();
  }

  /** See `Socket.checkAddress`. */
  checkAddress(): void {
    this.socket.checkAddress();
  }

  /** Ends the connection at once. */
  terminate(): void {
    this.socket.terminate();
  }

  /** Makes text of the gateway safe to show. Reveals the password for it rather than keep it in plain text while the session lives. */
  forPeople(text: string): string {
    const { email, password } = this.account;
    return forPeople(text, password.revealOrNull() ?? '', email);
  }

  /** Whether the gateway owes a reply to a command. */
  get isReplyDue(): boolean {
    return this.channel?.isReplyDue ?? false;
  }

  /** Whether the gateway may be silent because of the command in flight. */
  get isGatewayBusy(): boolean {
    return this.channel?.isGatewayBusy ?? false;
  }

  get bytesReceived(): number {
    return this.socket.bytesReceived;
  }

  get isReceiving(): boolean {
    return this.socket.isReceiving;
  }

  get isHeld(): boolean {
    return this.socket.isHeld;
  }

  /** For the channel. */
  send(text: string): void {
    if (this.socket.send(text)) this.listener.onSent();
  }

  /** For the channel. */
  keepMessages(bytes = READING_BYTES): void {
    this.socket.keepMessages(Math.max(bytes, READING_BYTES));
  }

  /** For the channel. */
  onBusy(command: CommandType | null): void {
    if (!this.isOver) this.listener.onBusy?.(command);
  }

  onStep(step: DialStep): void {
    if (!this.isOver) this.listener.onStep?.(step);
  }

  onOpen(isVerified: boolean | null, expiresAt?: number | null): void {
    if (!this.isOver) this.listener.onOpen(isVerified, expiresAt);
  }

  onMessage(data: Buffer, isWhole: boolean): void {
    if (this.isOver) return;
    // While an answer is due, larger frames are parsed too: there is only one answer per command.
    const frame = decode(data, this.channel ? (this.channel.answerBytes ?? KEPT_BYTES) : PARSED_BYTES, isWhole);
    this.listener.onMessage(frame ? messageType(frame.type) : isWhole ? 'unreadable' : 'other');
    if (frame && !this.channel?.receive(frame)) this.listener.onFrame(frame);
  }

  onMessageBegins(): void {
    if (!this.isOver) this.listener.onMessageBegins();
  }

  onPing(): void {
    if (!this.isOver) this.listener.onPing();
  }

  onPong(): void {
    if (!this.isOver) this.listener.onPong();
  }

  onClosing(end: OpenedEnd): void {
    if (this.isOver) return;
    const reason = lossOf(end, this.isLoggedIn, (text) => this.forPeople(text));
    this.listener.onLost(reason, end.closeCode === POLICY_VIOLATION);
  }

  onClose(end: SocketEnd): void {
    if (end.opened) this.onClosing(end);
    else if (!this.isOver) this.listener.onLost(end.reason, false);
    this.channel?.close();
    this.listener.onClosed();
  }

  private loggedIn(): void {
    this.isLoggedIn = true;
    this.socket.takeLargeMessages();
    this.keepMessages();
  }

  private command(command: Command, onEnded: (outcome: CommandOutcome) => void): () => void {
    this.channel ??= new CommandChannel(this, (idle) => {
      if (this.channel === idle) this.channel = null;
    });
    return this.channel.send(command, onEnded);
  }

  private countMisses({ type }: Command, outcome: CommandOutcome): void {
    if (!hasReply(type)) return;
    const isAnswered = outcome.type === 'replied' || (outcome.type === 'refused' && this.missesLeft < Infinity);
    if (isAnswered) this.missesLeft = MISSES_TO_LOSE;
    if (outcome.type !== 'unanswered') return;
    this.missesLeft -= 1;
    if (this.missesLeft <= 0 && !this.isOver) this.listener.onLost(COMMANDS_UNANSWERED, false);
  }
}

/** The frame that logs in; null if the password cannot be revealed. Revealing is expensive, so it is done once per login, before the dial. */
export function encodeLogin({ email, password }: Account): string | null {
  const revealed = password.revealOrNull();
  return revealed === null ? null : encode(login(email, revealed));
}

/** Why an open socket ended. @param forPeople makes text of the gateway safe to show */
function lossOf(end: OpenedEnd, isLoggedIn: boolean, forPeople: (text: string) => string): Reason {
  // Before the login is answered, a broken connection is reported like one that the gateway closed.
  const code = !isLoggedIn && end.code === 'connection_lost' ? 'closed_by_gateway' : end.code;
  return { step: isLoggedIn ? 'live' : 'login', code, message: forPeople(end.message) };
}
