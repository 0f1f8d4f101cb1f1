import { WebSocket } from 'ws';

export interface Login {
  readonly email: string;
  readonly password: string;
}

/** A message, as far as it is known. */
export interface Frame {
  readonly Type: string;
  readonly Data?: unknown;
}

/** State of the loop, as the benchmark reads it. Times are epoch milliseconds. */
export interface SessionReport {
  readonly connected: number;
  readonly firstConnectedAt: number;
  readonly lastConnectedAt: number;
  /** Frames received and parsed. */
  readonly messages: number;
  readonly at: number;
}

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1000;

/** A minimal client that holds a session to each gateway: it dials, logs in, subscribes, pings, and dials again after a loss. */
export class SessionLoop {
  private messages = 0;
  private readonly connectedAt = new Map<string, number>();

  /** @param onFrame is told of every message, and of which gateway it is */
  constructor(
    private readonly login: Login,
    private readonly onFrame: (frame: Frame, url: string) => void = () => undefined,
  ) {}

  dial(url: string): void {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const send = (Type: string, Data: object): void =>
      socket.send(JSON.stringify({ Type, From: 'UI', To: 'SERV', Data }));
    let isAlive = true;
    let heartbeat: NodeJS.Timeout | undefined;
    const beat = (): void => {
      if (!isAlive) return socket.terminate();
      isAlive = false;
      socket.ping();
    };

    socket.on('open', () => send('POST_LOGIN', { Email: this.login.email, Password: this.login.password }));
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Frame;
      this.messages += 1;
      if (frame.Type !== 'RTN_LOGIN') return this.onFrame(frame, url);
      if ((frame.Data as { Success?: boolean } | undefined)?.Success !== true) return socket.terminate();
      send('POST_SUB_CHANGES', {});
      this.connectedAt.set(url, Date.now());
      // Starts at a random point of the interval, so that a fleet is not pinged all at once.
      heartbeat = setTimeout(() => (heartbeat = setInterval(beat, HEARTBEAT_MS)), HEARTBEAT_MS * Math.random());
    });
    socket.on('pong', () => (isAlive = true));
    socket.on('error', () => undefined); // `close` follows.
    socket.on('close', () => {
      clearTimeout(heartbeat);
      this.connectedAt.delete(url);
      setTimeout(() => this.dial(url), RETRY_MS * (0.5 + Math.random() / 2));
    });
  }

  report(): SessionReport {
    let [firstConnectedAt, lastConnectedAt] = [Infinity, 0];
    for (const at of this.connectedAt.values()) {
      firstConnectedAt = Math.min(firstConnectedAt, at);
      lastConnectedAt = Math.max(lastConnectedAt, at);
    }
    const { messages, connectedAt } = this;
    return { connected: connectedAt.size, firstConnectedAt, lastConnectedAt, messages, at: Date.now() };
  }
}
