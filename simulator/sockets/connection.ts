import { WebSocket } from 'ws';
import type { RawData } from 'ws';
import { drips, frameOf } from './drips';
import { endUnless } from './linger';
import { reset } from './reset';
import type { Wire } from './wire';

/** Events of a connection. */
export interface ConnectionEvents {
  /** `text` is null for a binary frame. */
  message(connection: Connection, text: string | null): void;
  ping(connection: Connection, payload: Buffer): void;
  pong(connection: Connection): void;
  close(connection: Connection, code: number, reason: string): void;
}

// Above this backlog nothing more is sent, so that a client that does not read cannot exhaust the simulator's memory.
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;

/** The gateway's side of one client's WebSocket. */
export class Connection {
  loggedIn = false;
  subscribed = false;
  /** Resolves when the socket has closed. */
  readonly ended: Promise<void>;
  /** The WebSocket is closed, but the TCP connection is kept open. */
  lingers = false;
  private frozen = false;
  /** Why nothing is sent at the moment: messages that are being dripped, and a server that is blocked. */
  private holds = 0;
  /** What is sent when nothing holds it any more, in order. */
  private readonly waiting: (() => void)[] = [];
  private isBlocked = false;

  /** @param number in the order in which connections were accepted */
  constructor(
    readonly number: number,
    private readonly ws: WebSocket,
    private readonly wire: Wire,
    events: ConnectionEvents,
    staysOpen: () => boolean,
  ) {
    endUnless(staysOpen, wire.stream, () => {
      this.lingers = true;
    });
    ws.on('error', () => {
      // A client's protocol error closes its connection and must not crash the simulator; `close` follows.
    });
    // A paused socket still delivers buffered data when it is destroyed. A frozen gateway ignores it.
    ws.on('message', (data, isBinary) => {
      if (!this.frozen) events.message(this, isBinary ? null : textOf(data));
    });
    ws.on('ping', (payload) => {
      if (!this.frozen) events.ping(this, payload);
    });
    ws.on('pong', () => {
      if (!this.frozen) events.pong(this);
    });
    this.ended = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        events.close(this, code, reason.toString());
        resolve();
      });
    });
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  /** Sends text as a text frame, bytes as a binary one. Returns whether the frame was sent or queued. */
  send(frame: string | Buffer): boolean {
    if (this.frozen || this.ws.readyState !== WebSocket.OPEN || this.ws.bufferedAmount > MAX_BACKLOG_BYTES)
      return false;
    if (this.holds > 0) {
      this.waiting.push(() => this.send(frame));
      return true;
    }
    this.ws.send(frame, { binary: typeof frame !== 'string' });
    return true;
  }

  /** Returns whether the ping was sent. */
  ping(): boolean {
    if (this.frozen || this.holds > 0 || this.ws.readyState !== WebSocket.OPEN) return false;
    this.ws.ping();
    return true;
  }

  pong(payload: Buffer): void {
    if (this.holds > 0) this.waiting.push(() => this.pong(payload));
    else if (!this.frozen && this.ws.readyState === WebSocket.OPEN) this.ws.pong(payload);
  }

  logOut(): void {
    this.loggedIn = this.subscribed = false;
  }

  /** Sends one text message at the given rate; later messages wait behind it. Resolves to whether all of it was sent. */
  drip(text: string, bytesPerSecond: number): Promise<boolean> {
    if (this.holds === 0) return this.dripNow(text, bytesPerSecond);
    return new Promise((resolve) => this.waiting.push(() => resolve(this.dripNow(text, bytesPerSecond))));
  }

  /** Reads and sends nothing until `unblock`, as a server that is busy: what arrives and what is due waits. */
  block(): void {
    if (this.isBlocked) return;
    this.isBlocked = true;
    this.holds += 1;
    this.ws.pause();
  }

  unblock(): void {
    if (!this.isBlocked) return;
    this.isBlocked = false;
    if (!this.frozen) this.ws.resume();
    this.release();
  }

  /** Sends a close frame. With a code that no frame may carry, such as 1006, it terminates the TCP connection instead. */
  close(code: number): void {
    if (isSendable(code)) this.ws.close(code);
    else this.ws.terminate();
  }

  /** Resets the connection, as a crash does; data in flight is lost. */
  reset(): void {
    reset(this.wire);
  }

  freeze(): void {
    this.frozen = true;
    this.ws.pause();
  }

  thaw(): void {
    this.frozen = false;
    if (!this.isBlocked) this.ws.resume();
  }

  private async dripNow(text: string, bytesPerSecond: number): Promise<boolean> {
    this.holds += 1;
    for await (const piece of drips(frameOf(text), bytesPerSecond)) {
      if (this.ws.readyState !== WebSocket.OPEN) break;
      if (!this.frozen) this.wire.stream.write(piece);
    }
    const isSent = this.ws.readyState === WebSocket.OPEN;
    this.release();
    return isSent;
  }

  private release(): void {
    this.holds -= 1;
    while (this.holds === 0) {
      const next = this.waiting.shift();
      if (!next) return;
      next();
    }
  }
}

function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
