import type { Socket } from '../transport/transport';

/** What a deadline watches of a socket. */
export type AnsweringSocket = Pick<Socket, 'bytesReceived' | 'isReceiving' | 'isHeld'>;

/** How often the deadline is extended at most. */
const MAX_EXTENSIONS = 2;

/**
 * The deadline for an answer. A large message may arrive before the answer. While its bytes arrive, or the byte budget pauses reading, the
 * deadline is extended, at most twice.
 */
export class AnswerDeadline {
  private timer: NodeJS.Timeout;
  private extensions = 0;
  private bytesBefore: number;

  /**
   * @param ms time for the answer, and length of each extension
   * @param onMissed called once when the time is over, unless `clear` was called
   */
  constructor(
    private readonly socket: AnsweringSocket,
    private readonly ms: number,
    private readonly onMissed: () => void,
  ) {
    this.bytesBefore = socket.bytesReceived;
    this.timer = setTimeout(() => this.onTimeout(), ms);
  }

  clear(): void {
    clearTimeout(this.timer);
  }

  private onTimeout(): void {
    if (this.extensions === MAX_EXTENSIONS || !this.isAnswerPossiblyBehind()) return this.onMissed();
    this.extensions += 1;
    this.timer = setTimeout(() => this.onTimeout(), this.ms);
  }

  private isAnswerPossiblyBehind(): boolean {
    const { socket, bytesBefore } = this;
    this.bytesBefore = socket.bytesReceived;
    return socket.isHeld || (socket.isReceiving && socket.bytesReceived > bytesBefore);
  }
}
