import { Chaos } from './chaos';
import { Conversation } from './conversation';
import type { Door } from './sockets/door';
import { Evidence } from './evidence';
import { noFaults } from './faults';
import type { Faults } from './faults';
import { GatewayModel } from './model/gateway-model';
import type { NotificationKind } from './model/gateway-model';
import { DEFAULT_LOGIN } from './gateway-options';
import type { SimulatedGatewayOptions } from './gateway-options';
import { Keepalive } from './sockets/keepalive';
import { readMessage } from './messages';
import { characters } from './profiles';
import { Reception } from './sockets/reception';
import type { Ticker } from './timing/ticker';
import { Timers } from './timing/timers';

const DEFAULT_SAMPLES = 1024;
const DEFAULT_TAKE_MS = 50;
const DEFAULT_NOTIFY_KINDS = ['temp', 'batt', 'temp', 'reading'] as const;

/** The internals of one simulated gateway: its connections, notifications and faults. */
export class Device {
  readonly faults: Faults;
  readonly evidence = new Evidence();
  readonly reception: Reception;
  readonly keepalive: Keepalive;
  login: { readonly email: string; readonly password: string };
  private readonly timers = new Timers();
  private readonly model: GatewayModel;
  private readonly notifyKinds: readonly NotificationKind[];
  private ticks = 0;

  constructor(
    door: Door,
    options: SimulatedGatewayOptions,
    private readonly ticker: Ticker | null,
  ) {
    const { profile = 'captured', number = 1, samples = DEFAULT_SAMPLES, serials } = options;
    const { email = DEFAULT_LOGIN.email, password = DEFAULT_LOGIN.password } = options;
    const character = characters[profile];

    this.login = { email, password };
    this.notifyKinds = options.notifyKinds ?? DEFAULT_NOTIFY_KINDS;
    this.faults = { ...noFaults(), ...character.faults };
    this.model = new GatewayModel(character.shape, { number, samples, serials });
    const conversation = new Conversation({
      faults: this.faults,
      character,
      model: this.model,
      timers: this.timers,
      takeMs: options.takeMs ?? DEFAULT_TAKE_MS,
      refusal: options.refusal ?? 'a',
      isRightLogin: (email, password) => email === this.login.email && password === this.login.password,
      recordLogin: (email, accepted) => this.evidence.login(email, accepted),
      subscriptionChanged: () => this.tickWhileHeard(),
      announce: (frame) => this.announce(frame),
    });
    const chaos = options.chaos === true ? new Chaos(this.timers, number) : null;
    this.reception = new Reception(door, {
      faults: this.faults,
      evidence: this.evidence,
      timers: this.timers,
      onConnection: (connection) => {
        if (!conversation.hungUpAt('upgrade', connection)) chaos?.follow(connection);
      },
      events: {
        message: (connection, text) => {
          const message = readMessage(text);
          this.evidence.heard(message.type);
          conversation.hear(connection, message);
        },
        ping: (connection, payload) => conversation.pinged(connection, payload),
        pong: (connection) => this.keepalive.ponged(connection),
        close: (_connection, code, reason) => {
          this.evidence.closed(code, reason);
          this.tickWhileHeard();
        },
      },
    });
    this.keepalive = new Keepalive(this.reception.connections);
  }

  /** Sends one notification, of the next sensor in turn, to every subscribed connection. */
  notify(kind: NotificationKind): void {
    const frame = this.model.notification(kind);
    if (frame !== null) this.announce(frame);
  }

  /** Stops everything; no socket, timer or port is left. */
  async close(): Promise<void> {
    this.keepalive.every(null);
    await this.reception.shut();
    this.timers.clear();
  }

  private announce(frame: string): void {
    for (const connection of this.reception.connections) {
      if (connection.subscribed && connection.send(frame)) this.evidence.notificationsSent += 1;
    }
  }

  // Ticks only while there are subscribers.
  private tickWhileHeard(): void {
    if (this.reception.subscribed > 0) this.ticker?.add(this.tick);
    else this.ticker?.remove(this.tick);
  }

  private readonly tick = (): void => {
    const kind = this.notifyKinds[this.ticks++ % this.notifyKinds.length];
    if (kind !== undefined) this.notify(kind);
  };
}
