import { WebSocket } from 'ws';
import type { ReadBudget, Reader } from './read-budget';

/**
 * How much of a message is kept and handed on. The rest is counted and dropped, unless the service has asked for something larger: see
 * `keptBytes`.
 */
export const KEPT_BYTES = 65_536;

/** A larger message before the login ends the attempt: the answer to a login takes a few hundred bytes. */
export const LARGE_BEFORE_LOGIN = 'LARGE_BEFORE_LOGIN';

/**
 * The cost of a frame in addition to its bytes, so that the budget limits processor time: handling the smallest frame takes as long as
 * dropping about a kibibyte, and parsing a byte, in the worst case, as long as dropping about sixteen.
 */
const FRAME_COST = 1024;
const PARSED_BYTE_COST = 16;
const MAX_PARSED_BYTES = 8192;
/** Of a message that is kept whole, the rest is parsed too, if it holds readings. Lists of numbers are parsed faster than the worst case. */
const KEPT_BYTE_COST = 8;

/** More pieces of one frame than this are joined: a frame that arrives byte by byte must not become an array of 65,536 buffers. */
const MAX_PIECES = 256;

/** Smaller frames are cheap to copy, and not worth memory of their own. */
const SHARED_FROM_BYTES = 8192;

const CONTROL_FRAMES = 0x08;

// States of `ws`'s Receiver.
const GET_INFO = 0;
const GET_DATA = 4;
const DEFER_EVENT = 6;

type Done = (error?: Error) => void;

type Listener = (...args: unknown[]) => void;

/** The parts of `ws`'s Receiver used here. They are private, so the version of `ws` is pinned and tests cover each of them. */
interface WsReceiver {
  _opcode: number;
  _fin: boolean;
  _payloadLength: number;
  _totalPayloadLength: number;
  _messageLength: number;
  _bufferedBytes: number;
  _buffers: Buffer[];
  _fragments: Buffer[];
  _numFragments: number;
  _maxFragments: number;
  _state: number;
  _loop: boolean;
  _errored: boolean;
  _skipUTF8Validation: boolean;
  readonly _allowSynchronousEvents: boolean;
  readonly _binaryType: string;
  readonly _extensions: object;
  readonly _isServer: boolean;
  readonly _maxBufferedChunks: number;
  readonly _maxPayload: number;
  [key: symbol]: unknown;
  eventNames(): string[];
  listeners(name: string): Listener[];
  on(name: string, listener: Listener): void;
  _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void;
  startLoop(done: Done): void;
  getInfo(done: Done): void;
  haveLength(done: Done): void;
  getData(done: Done): void;
  dataMessage(done: Done): void;
  consume(bytes: number): Buffer;
  createError(kind: ErrorConstructor, message: string, prefix: boolean, closeCode: number, code: string): Error;
}

interface WsReceiverOptions {
  readonly allowSynchronousEvents: boolean;
  readonly binaryType: string;
  readonly extensions: object;
  readonly isServer: boolean;
  readonly maxBufferedChunks: number;
  readonly maxFragments: number;
  readonly maxPayload: number;
  readonly skipUTF8Validation: boolean;
}

const { Receiver } = WebSocket as unknown as { Receiver: new (options: WsReceiverOptions) => WsReceiver };

/** Notified when a message has been received in part. */
export interface ReceiverOwner {
  onMessageBegins(): void;
}

/**
 * The receiver of one socket, with limits: it reads no faster than its budget allows, keeps only the beginning of large messages, and
 * accepts no large message before the login. While it waits for its budget it reads nothing from the socket, so TCP flow control slows
 * the gateway down.
 */
export class BoundedReceiver extends Receiver implements Reader {
  allowance = 0;
  refilledAt = 0;
  heldBytes = 0;
  /** Whether messages may be larger than `KEPT_BYTES`. */
  takesLarge = false;
  /** Larger messages are dropped, except for their beginning. Applies to frames that begin after it is set. */
  keptBytes = KEPT_BYTES;
  /** Whether a message has been received in part. */
  isUnderWay = false;
  /** Whether the message being handed on is complete. */
  isWhole = true;
  /** The socket is closed: data received but not read yet is dropped. */
  private isAbandoned = false;
  private isDropping = false;
  private held: Done | null = null;
  private heldState = GET_INFO;

  private constructor(
    replaced: WsReceiver,
    private readonly budget: ReadBudget,
    private readonly owner: ReceiverOwner,
  ) {
    super(optionsOf(replaced));
    budget.open(this);
  }

  /**
   * Applies the limits to a WebSocket that has just opened and has received nothing yet. `ws` creates its receivers itself and offers no
   * way to pass a class, so its receiver is replaced. Changing the prototype of the existing one would make V8 treat every receiver as
   * a dictionary, which costs ten times as much here and three times as much for each frame.
   */
  static of(webSocket: WebSocket, budget: ReadBudget, owner: ReceiverOwner): BoundedReceiver {
    const library = webSocket as unknown as { _receiver: WsReceiver };
    const replaced = library._receiver;
    const receiver = new BoundedReceiver(replaced, budget, owner);
    // The listeners of `ws` find their WebSocket under a symbol that it does not export.
    for (const key of Object.getOwnPropertySymbols(replaced)) {
      if (replaced[key] === webSocket) receiver[key] = webSocket;
    }
    for (const name of replaced.eventNames()) {
      for (const listener of replaced.listeners(name)) receiver.on(name, listener);
    }
    library._receiver = receiver;
    return receiver;
  }

  /** Whether reading is paused until the budget is refilled. */
  get isHeld(): boolean {
    return this.held !== null;
  }

  /** Drops everything received but not read yet. */
  abandon(): void {
    this.isAbandoned = true;
    this.release();
  }

  /** Frees the room that a large message takes of the budget: it is finished, or will never be. */
  release(): void {
    if (this.heldBytes > 0) this.budget.hold(this, 0);
  }

  resume(): void {
    const { held } = this;
    if (!held) return;
    this.held = null;
    this._state = this.heldState;
    if (this.isAbandoned) this.dropAll();
    this.startLoop(held);
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: Done): void {
    this.allowance -= chunk.length;
    super._write(chunk, encoding, done);
  }

  override getInfo(done: Done): void {
    if (this.allowance <= 0 && this._bufferedBytes >= 2 && this.mustWait()) return this.hold(done, GET_INFO);
    super.getInfo(done);
  }

  override haveLength(done: Done): void {
    const { _payloadLength, _opcode } = this;
    this.allowance -= FRAME_COST + PARSED_BYTE_COST * Math.min(_payloadLength, MAX_PARSED_BYTES);
    if (_opcode >= CONTROL_FRAMES) return super.haveLength(done);

    const bytes = this._totalPayloadLength + _payloadLength;
    if (bytes > KEPT_BYTES && !this.takesLarge) {
      return done(this.createError(Error, 'A large message before the login', false, 1008, LARGE_BEFORE_LOGIN));
    }
    if (bytes > KEPT_BYTES && bytes <= this.keptBytes) this.allowance -= KEPT_BYTE_COST * _payloadLength;
    super.haveLength(done);
    if (bytes > this.keptBytes && !this._errored) this.isDropping = true;
  }

  override getData(done: Done): void {
    if (this._opcode >= CONTROL_FRAMES) return super.getData(done);
    if (this.isDropping) return this.dropData(done);
    if (!this.mayHold()) {
      this.isDropping = true;
      return this.dropData(done);
    }
    if (this._bufferedBytes < this._payloadLength) {
      this.begin();
      if (this._buffers.length > MAX_PIECES) this._buffers = [Buffer.concat(this._buffers, this._bufferedBytes)];
      this._loop = false;
      return;
    }
    if (this._fin) {
      this.isUnderWay = false;
      this.release();
      return super.getData(done);
    }
    this.begin();
    super.getData(done);
    // Copied: a view of a few bytes would retain the whole chunk that it arrived in, for as long as the message takes.
    const last = this._fragments.pop();
    if (last) this._fragments.push(Buffer.from(last));
  }

  /**
   * Puts the pieces of a large frame together in shared memory: another thread can read it without a copy, and V8 does not count it towards
   * the buffers after which it collects the whole heap.
   */
  override consume(bytes: number): Buffer {
    if (bytes <= SHARED_FROM_BYTES || (this._buffers[0]?.length ?? bytes) >= bytes) return super.consume(bytes);
    const whole = Buffer.from(new SharedArrayBuffer(bytes));
    let at = 0;
    while (at < bytes) {
      const piece = super.consume(Math.min(this._buffers[0]?.length ?? 0, bytes - at));
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** Whether the budget has room for what has been received of the message. Its beginning always has. */
  private mayHold(): boolean {
    const { _totalPayloadLength, _payloadLength, _bufferedBytes } = this;
    const received = _totalPayloadLength - _payloadLength + Math.min(_bufferedBytes, _payloadLength);
    return received <= KEPT_BYTES || this.budget.hold(this, received);
  }

  /** Keeps the beginning of the message, up to `KEPT_BYTES`, and drops the rest as it arrives. */
  private dropData(done: Done): void {
    this.begin();
    const kept = this._fragments.reduce((sum, { length }) => sum + length, 0);
    const keeps = Math.min(Math.max(0, KEPT_BYTES - kept), this._bufferedBytes, this._payloadLength);
    if (keeps > 0) this._fragments = [Buffer.concat([...this._fragments, this.consume(keeps)])];
    this._payloadLength -= Math.max(0, keeps);
    this._payloadLength -= this.drop(this._payloadLength);

    if (this._payloadLength > 0) {
      if (this.allowance <= 0 && this.mustWait()) this.hold(done, GET_DATA);
      else this._loop = false;
    } else if (this._maxFragments > 0 && ++this._numFragments > this._maxFragments) {
      done(this.createError(Error, 'Too many message fragments', false, 1008, 'WS_ERR_TOO_MANY_BUFFERED_PARTS'));
    } else if (this._fin) this.endDropped(done);
    else this._state = GET_INFO;
  }

  /** Hands on what was kept. It may end in the middle of a character, so UTF-8 validation is skipped. */
  private endDropped(done: Done): void {
    this._messageLength = this._fragments.reduce((sum, { length }) => sum + length, 0);
    this.isDropping = this.isUnderWay = this.isWhole = false;
    this.release();
    this._skipUTF8Validation = true;
    this.dataMessage(done);
    this._skipUTF8Validation = false;
    this.isWhole = true;
  }

  /** @returns the number of bytes dropped, at most `most` */
  private drop(most: number): number {
    const dropped = Math.min(most, this._bufferedBytes);
    let rest = dropped;
    while (rest > 0) {
      const first = this._buffers.shift();
      if (!first) break;
      if (first.length > rest) this._buffers.unshift(first.subarray(rest));
      rest -= Math.min(rest, first.length);
    }
    this._bufferedBytes -= dropped;
    return dropped;
  }

  private dropAll(): void {
    this._buffers = [];
    this._bufferedBytes = 0;
  }

  private begin(): void {
    if (this.isUnderWay) return;
    this.isUnderWay = true;
    this.owner.onMessageBegins();
  }

  private mustWait(): boolean {
    return !this.budget.refill(this);
  }

  /** Keeps `done` until the budget is refilled. The socket is not read meanwhile. */
  private hold(done: Done, state: number): void {
    this.held = done;
    this.heldState = state;
    this._state = DEFER_EVENT; // Ends the loop without calling `done`.
    this.budget.wait(this);
  }
}

function optionsOf(receiver: WsReceiver): WsReceiverOptions {
  return {
    allowSynchronousEvents: receiver._allowSynchronousEvents,
    binaryType: receiver._binaryType,
    extensions: receiver._extensions,
    isServer: receiver._isServer,
    maxBufferedChunks: receiver._maxBufferedChunks,
    maxFragments: receiver._maxFragments,
    maxPayload: receiver._maxPayload,
    skipUTF8Validation: receiver._skipUTF8Validation,
  };
}
