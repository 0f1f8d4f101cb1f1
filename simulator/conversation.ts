import type { Connection } from './sockets/connection';
import type { Faults, Refusal, Step } from './faults';
import type { Answers } from './answers';
import type { GatewayModel, Outgoing, TakeOrder } from './model/gateway-model';
import { CommandError } from './model/gateway-model';
import type { Unasked } from './shapes/hostile';
import { errorReply, loginReply } from './messages';
import type { Incoming } from './messages';
import type { Character } from './profiles';
import type { Timers } from './timing/timers';

/** What a conversation needs from its gateway. */
export interface Host {
  readonly faults: Readonly<Faults>;
  readonly character: Character;
  readonly model: GatewayModel;
  readonly timers: Timers;
  readonly answers: Readonly<Answers>;
  /** How a wrong login is refused. */
  readonly refusal: Refusal;
  isRightLogin(email: string, password: string): boolean;
  recordLogin(email: string, accepted: boolean): void;
  subscriptionChanged(): void;
  /** Sends a notification to every subscribed connection. */
  announce(notification: Outgoing): void;
  /** Does nothing at all for this many milliseconds. */
  block(ms: number): void;
}

/** Answers client messages according to the profile and the active faults. */
export class Conversation {
  constructor(private readonly host: Host) {}

  hear(connection: Connection, { type, data }: Incoming): void {
    if (type === 'POST_LOGIN') {
      this.login(connection, data);
    } else if (connection.loggedIn && this.host.faults.silentAfterLogin) {
      return;
    } else if (type === null) {
      this.answer(connection, errorReply(null, "local variable 'msg_type' referenced before assignment"));
    } else if (!connection.loggedIn) {
      this.answer(connection, errorReply(type, 'Not logged in'));
    } else {
      this.command(connection, type, data);
    }
  }

  pinged(connection: Connection, payload: Buffer): void {
    const { ignorePings, silentAfterLogin, delayMs } = this.host.faults;
    if (ignorePings || silentAfterLogin) return;
    this.host.timers.after(delayMs, () => connection.pong(payload));
  }

  /** Closes the connection if `closeAt` names this step. Returns whether it did. */
  hungUpAt(step: Step, connection: Connection): boolean {
    const { closeAt } = this.host.faults;
    if (closeAt?.step !== step) return false;
    connection.close(closeAt.code);
    return true;
  }

  private login(connection: Connection, data: Incoming['data']): void {
    const { faults, refusal, character } = this.host;
    const email = typeof data['Email'] === 'string' ? data['Email'] : '';
    const password = typeof data['Password'] === 'string' ? data['Password'] : '';
    const hangsUp = faults.closeAt?.step === 'login';
    const refused = faults.refuseLogins ?? (this.host.isRightLogin(email, password) ? null : refusal);
    const accepted = refused === null && !faults.muteLogins && !hangsUp;

    this.host.recordLogin(email, accepted);
    if (this.hungUpAt('login', connection) || faults.muteLogins) return;
    if (refused !== null) {
      this.refuse(connection, email, refused);
      return;
    }
    connection.loggedIn = true;
    this.answer(connection, loginReply(email, true));
    this.host.timers.after(faults.delayMs, () => this.hungUpAt('loggedIn', connection));
    this.sendUnasked(connection, character.afterLogin?.(email));
  }

  private refuse(connection: Connection, email: string, how: Refusal): void {
    if (how === 'a') this.answer(connection, loginReply(email, false));
    if (how === 'b') this.answer(connection, errorReply('POST_LOGIN', 'Invalid email or password'));
    // A normal close: a client must detect the refusal without the help of a special close code.
    if (how === 'c') this.host.timers.after(this.host.faults.delayMs, () => connection.close(1000));
  }

  private command(connection: Connection, type: string, data: Incoming['data']): void {
    if (type === 'POST_SUB_CHANGES') {
      this.subscribe(connection);
    } else if (type === 'POST_UNSUB_CHANGES') {
      connection.subscribed = false;
      this.host.subscriptionChanged();
    } else {
      this.consult(connection, type, data);
    }
  }

  private subscribe(connection: Connection): void {
    if (this.hungUpAt('subscribe', connection)) return;
    if (this.host.faults.refuseSubscribe) {
      this.answer(connection, errorReply('POST_SUB_CHANGES', 'Subscription refused'));
      return;
    }
    // A successful subscribe gets no reply.
    connection.subscribed = true;
    this.host.subscriptionChanged();
    if (this.hungUpAt('subscribed', connection)) return;
    this.sendUnasked(connection, this.host.character.afterSubscribe?.());
  }

  private consult(connection: Connection, type: string, data: Incoming['data']): void {
    const { model, faults } = this.host;
    try {
      if (faults.ignoreProbes && type === 'GET_DYN_CONNECTED') throw new CommandError(`Unknown message type: ${type}`);
      const reply = model.answer(type, data);
      if (reply !== null) {
        this.reply(connection, type, reply);
        return;
      }
      const order = model.take(type, data);
      if (order !== null) {
        this.take(connection, type, order);
        return;
      }
      this.answer(connection, errorReply(type, `Unknown message type: ${type}`));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.answer(connection, errorReply(type, error.message));
    }
  }

  private reply(connection: Connection, type: string, { frame, sent }: Outgoing): void {
    const { answers, faults, timers } = this.host;
    if (!answers.replyTypes.includes(type)) {
      timers.after(faults.delayMs, () => connection.send(frame) && sent());
      return;
    }
    const { replyDelayMs, replyBlocks, replyMinBytes, replyBytesPerSecond } = answers;
    if (replyBlocks && replyDelayMs > 0) this.host.block(replyDelayMs);
    timers.after(faults.delayMs + replyDelayMs, () => {
      const padded = frame.padEnd(replyMinBytes); // Frames are ASCII: characters are bytes.
      if (replyBytesPerSecond === null) {
        if (connection.send(padded)) sent();
        return;
      }
      void connection.drip(padded, replyBytesPerSecond).then((isSent) => {
        if (isSent) sent();
      });
    });
  }

  private take(connection: Connection, type: string, { serial, started, finish }: TakeOrder): void {
    const { answers, timers } = this.host;
    const { takeMode, takeMs } = answers;
    if (takeMode === 'silent') return;
    if (takeMode === 'busy') {
      this.answer(connection, errorReply(type, `Dynamizer ${serial} is busy`));
      return;
    }
    if (takeMode === 'nameless-error') {
      this.answer(connection, errorReply(null, "local variable 'reading' referenced before assignment"));
      return;
    }
    const beginning = takeMode === 'no-start' ? null : started(takeMode !== 'refused');
    if (beginning) this.host.announce(beginning);
    if (takeMode === 'refused' || takeMode === 'no-reading') return;
    timers.after(takeMs, () => finish().forEach((notification) => this.host.announce(notification)));
  }

  private answer(connection: Connection, frame: string): void {
    this.host.timers.after(this.host.faults.delayMs, () => connection.send(frame));
  }

  private sendUnasked(connection: Connection, frames: readonly Unasked[] = []): void {
    const { delayMs } = this.host.faults;
    for (const { afterMs, frame } of frames) {
      this.host.timers.after(delayMs + afterMs, () => connection.send(frame));
    }
  }
}
