import { Transport } from '../../src/gateway-client/transport/transport';
import type {
  Endpoint,
  OpenedEnd,
  Socket,
  SocketEnd,
  SocketListener,
} from '../../src/gateway-client/transport/transport';

export const broken: OpenedEnd = {
  opened: true,
  code: 'connection_lost',
  message: 'The connection broke',
  closeCode: 1006,
};
export const refused: SocketEnd = {
  opened: false,
  reason: { step: 'tcp', code: 'connect_refused', message: 'Connection refused by 10.0.0.7:5000' },
};
/** The answer of a gateway that accepts a login. */
export const accept = '{"Type":"RTN_LOGIN","From":"SERV","Target":"UI","Data":{"Success":true}}';

/** A socket whose gateway is played by the test. It ends only when the test calls `ends()`, like that of a slow gateway. */
export class FakeSocket implements Socket {
  readonly sent: string[] = [];
  pings = 0;
  isUrgent = false;
  isOpen = false;
  isClosing = false;
  isGone = false;
  takesLarge = false;
  checks = 0;
  keptBytes: number | undefined;
  bytesReceived = 0;
  isReceiving = false;
  isHeld = false;

  constructor(
    readonly url: string,
    readonly listener: SocketListener,
  ) {}

  hurry(): void {
    this.isUrgent = true;
  }

  send(text: string): boolean {
    if (!this.isOpen) return false;
    this.sent.push(text);
    return true;
  }

  ping(): void {
    this.pings += 1;
  }

  keepMessages(bytes?: number): void {
    this.keptBytes = bytes;
  }

  takeLargeMessages(): void {
    this.takesLarge = true;
  }

  checkAddress(): void {
    this.checks += 1;
  }

  close(): void {
    this.isClosing = true;
  }

  terminate(): void {
    this.isClosing = true;
    this.isOpen = false;
  }

  get types(): string[] {
    return this.sent.map((text) => (JSON.parse(text) as { Type: string }).Type);
  }

  opens(isVerified: boolean | null = null): void {
    this.isOpen = true;
    this.listener.onOpen(isVerified);
  }

  says(text: string): void {
    this.listener.onMessage(Buffer.from(text), true);
  }

  /** Receives this many bytes of an incomplete message. */
  receives(bytes: number): void {
    this.bytesReceived += bytes;
    if (!this.isReceiving) this.listener.onMessageBegins();
    this.isReceiving = true;
  }

  ends(end: SocketEnd = this.isOpen ? broken : refused): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isOpen = false;
    this.listener.onClose(end);
  }

  /** Opens the socket and accepts the login at once; for a login that is sent without a record. */
  logsIn(): void {
    this.opens();
    this.says(accept);
  }
}

/** A transport that hands out fake sockets, and keeps them all. */
export class FakeTransport extends Transport {
  readonly sockets: FakeSocket[] = [];
  mostAtOnce = 0;

  open({ url }: Endpoint, listener: SocketListener): FakeSocket {
    const socket = new FakeSocket(url, listener);
    this.sockets.push(socket);
    this.mostAtOnce = Math.max(this.mostAtOnce, this.living.length);
    return socket;
  }

  get living(): FakeSocket[] {
    return this.sockets.filter(({ isGone }) => !isGone);
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nothing was dialled');
    return socket;
  }
}

/** Lets the gateway answer every ping at once. */
export function answerPings(socket: FakeSocket): void {
  jest.spyOn(socket, 'ping').mockImplementation(() => socket.listener.onPong());
}
