import type { Socket } from '../transport/transport';

/** How often the deadline is extended while a message is being received. */
const MAX_EXTENSIONS = 2;

/**
 * The deadline for an answer. While a large message is being received, the answer may be queued behind it: then the time is granted
 * again, at most twice, as long as more bytes of the message arrive.
 */
export class AnswerDeadline {
  private timer: NodeJS.Timeout;
  private extensions = 0;
  private bytesBefore: number;

  /**
   * @param ms time for the answer
   * @param onMissed called once, unless cleared before
   */
  constructor(
    private readonly socket: Socket | undefined,
    private readonly ms: number,
    private readonly onMissed: () => void,
  ) {
    this.bytesBefore = socket?.bytesReceived ?? 0;
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
    if (!socket) return false;
    this.bytesBefore = socket.bytesReceived;
    return socket.isHeld || (socket.isReceiving && socket.bytesReceived > bytesBefore);
  }
}
