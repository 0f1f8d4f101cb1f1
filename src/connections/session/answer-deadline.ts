import type { Socket } from '../transport/transport';

/** How often the time is granted anew while a message is on its way. */
const MOST_EXTENSIONS = 2;

/**
 * Waits for an answer. While a large message is on its way, the answer may be behind it: then the time is granted again, twice at the
 * most, as long as more of the message arrives.
 */
export class AnswerDeadline {
  private timer: NodeJS.Timeout;
  private extensions = 0;
  private bytesBefore: number;

  /**
   * @param ms the time for the answer
   * @param onMissed called once, unless it is cleared before
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
    if (this.extensions === MOST_EXTENSIONS || !this.isAnswerPossiblyBehind()) return this.onMissed();
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
