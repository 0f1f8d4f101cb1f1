import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { DEFAULT_LOGIN } from '../../../simulator/gateway-options';
import type { SimulatedGateway } from '../../../simulator/simulated-gateway';

/** A last resort, for a busy machine. */
const PATIENCE_MS = 20_000;

export interface Frame {
  readonly Type: string;
  readonly Data: Readonly<Record<string, unknown>>;
}

/** A plain client that keeps what it receives. */
export class Client {
  readonly texts: string[] = [];
  pings = 0;
  pongs = 0;
  closed: number | null = null;
  failure: Error | null = null;
  status: number | null = null;
  private readonly ws: WebSocket;

  constructor(url: string, options: ClientOptions = {}) {
    this.ws = new WebSocket(url, { perMessageDeflate: false, ...options });
    this.ws.on('message', (data: Buffer) => this.texts.push(data.toString()));
    this.ws.on('ping', () => (this.pings += 1));
    this.ws.on('pong', () => (this.pongs += 1));
    this.ws.on('error', (error) => (this.failure = error));
    this.ws.on('close', (code) => (this.closed = code));
    this.ws.on('unexpected-response', (request, response) => {
      this.status = response.statusCode ?? null;
      request.destroy();
    });
  }

  static async open(url: string, options?: ClientOptions): Promise<Client> {
    const client = new Client(url, options);
    await once(client.ws, 'open');
    return client;
  }

  static async loggedIn(gateway: SimulatedGateway, options?: ClientOptions): Promise<Client> {
    const client = await Client.open(gateway.url, options);
    client.login();
    await client.heard('RTN_LOGIN');
    return client;
  }

  static async subscribed(gateway: SimulatedGateway, options?: ClientOptions): Promise<Client> {
    const client = await Client.loggedIn(gateway, options);
    client.ask('POST_SUB_CHANGES');
    await eventually(() => gateway.subscribedConnections > 0);
    return client;
  }

  get isOpen(): boolean {
    return this.ws.readyState === WebSocket.OPEN;
  }

  get frames(): Frame[] {
    return this.texts.map((text) => JSON.parse(text) as Frame);
  }

  get types(): string[] {
    return this.frames.map(({ Type }) => Type);
  }

  login(email: string = DEFAULT_LOGIN.email, password: string = DEFAULT_LOGIN.password): void {
    this.ask('POST_LOGIN', { Email: email, Password: password });
  }

  ask(type: string, data: object = {}): void {
    this.say(JSON.stringify({ Type: type, From: 'UI', To: 'SERV', Data: data }));
  }

  say(text: string): void {
    this.ws.send(text);
  }

  ping(): void {
    this.ws.ping();
  }

  stopReading(): void {
    this.ws.pause();
  }

  startReading(): void {
    this.ws.resume();
  }

  terminate(): void {
    this.ws.terminate();
  }

  close(code: number): void {
    this.ws.close(code, 'bye');
  }

  /** Waits for the first message of this type. */
  async heard(type: string): Promise<Frame> {
    await eventually(() => this.types.includes(type));
    return this.frames.find((frame) => frame.Type === type) ?? { Type: type, Data: {} };
  }

  /** Waits until everything sent so far has been read and answered: the gateway answers in order. */
  async settled(): Promise<void> {
    const marker = `MARKER_${this.texts.length}`;
    this.ask(marker);
    await eventually(() => this.texts.some((text) => text.includes(marker)));
  }
}

/**
 * Waits until the condition is true. Polls often, because what a client observes may be brief.
 * @param state is part of the error if the condition never comes true
 */
export async function eventually(condition: () => boolean, state?: () => unknown): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > deadline) {
      throw new Error(`never came true: ${condition.toString()} ${JSON.stringify(state?.() ?? null)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Tracks every socket, listener and timer created from now on, by the test and by what it tests. */
export function followHandles(): { open: () => string[]; stop: () => void } {
  const handles = new Map<number, string>();
  const hook = createHook({
    init: (id, type) => {
      if (['TCPWRAP', 'TCPSERVERWRAP', 'Timeout'].includes(type)) handles.set(id, type);
    },
    destroy: (id) => handles.delete(id),
  }).enable();
  return { open: () => [...handles.values()], stop: () => hook.disable() };
}
