import { usualAnswers } from './answers';
import type { Answers } from './answers';
import { Chaos } from './chaos';
import { Conversation } from './conversation';
import type { Door } from './sockets/door';
import { Evidence } from './evidence';
import { noFaults } from './faults';
import type { Faults } from './faults';
import { GatewayModel } from './model/gateway-model';
import type { NotificationKind, Outgoing } from './model/gateway-model';
import { Measurements } from './model/measurements';
import type { Sensor } from './model/sensors';
import { ScheduledNotifications } from './scheduled-notifications';
import { DEFAULT_LOGIN } from './gateway-options';
import type { SimulatedGatewayOptions } from './gateway-options';
import { Keepalive } from './sockets/keepalive';
import { readMessage } from './messages';
import { characters } from './profiles';
import { Reception } from './sockets/reception';
import type { Ticker } from './timing/ticker';
import { Timers } from './timing/timers';

const DEFAULT_SAMPLES = 1024;
const DEFAULT_NOTIFY_KINDS = ['temp', 'batt', 'temp', 'reading'] as const;

/** The internals of one simulated gateway: its connections, notifications and faults. */
export class Device {
  readonly faults: Faults;
  readonly answers: Answers;
  readonly measurements: Measurements;
  readonly evidence = new Evidence();
  readonly reception: Reception;
  readonly keepalive: Keepalive;
  login: { readonly email: string; readonly password: string };
  private readonly timers = new Timers();
  private readonly model: GatewayModel;
  private readonly scheduled: ScheduledNotifications;
  private readonly notifyKinds: readonly NotificationKind[];
  private ticks = 0;

  constructor(
    door: Door,
    options: SimulatedGatewayOptions,
    private readonly ticker: Ticker | null,
  ) {
    const { profile = 'captured', number = 1, samples = DEFAULT_SAMPLES } = options;
    const { email = DEFAULT_LOGIN.email, password = DEFAULT_LOGIN.password } = options;
    const character = characters[profile];

    this.login = { email, password };
    this.notifyKinds = options.notifyKinds ?? DEFAULT_NOTIFY_KINDS;
    this.faults = { ...noFaults(), ...character.faults };
    this.answers = { ...usualAnswers(), ...options.answers };
    this.measurements = new Measurements({ ...options, number, samples }, Date.now, {
      sensorConnection: (sensor) => this.announceSensor(sensor),
      scheduleChanged: () => this.scheduled.scheduleChanged(this.reception.subscribed > 0),
    });
    this.model = new GatewayModel(character.shape(options), this.measurements, this.answers);
    this.scheduled = new ScheduledNotifications({
      measurements: this.measurements,
      notificationOf: (record) => this.model.notificationOf(record),
      announce: (notification) => this.announce(notification),
    });
    const conversation = new Conversation({
      faults: this.faults,
      character,
      model: this.model,
      timers: this.timers,
      answers: this.answers,
      refusal: options.refusal ?? 'a',
      isRightLogin: (email, password) => email === this.login.email && password === this.login.password,
      recordLogin: (email, accepted) => this.evidence.login(email, accepted),
      subscriptionChanged: () => this.notifyWhileHeard(),
      announce: (notification) => this.announce(notification),
      block: (ms) => this.reception.block(ms),
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
          this.evidence.spoke(connection.number);
          this.evidence.heard(message.type);
          conversation.hear(connection, message);
        },
        ping: (connection, payload) => {
          this.evidence.spoke(connection.number);
          conversation.pinged(connection, payload);
        },
        pong: (connection) => this.keepalive.ponged(connection),
        close: (_connection, code, reason) => {
          this.evidence.closed(code, reason);
          this.notifyWhileHeard();
        },
      },
    });
    this.keepalive = new Keepalive(this.reception.connections);
  }

  /**
   * Sends one notification, of the next sensor in turn, to every subscribed connection. `conn` takes the last sensor out of reach, or
   * back, and `ap` the access point.
   */
  notify(kind: NotificationKind): void {
    if (kind === 'conn') {
      const sensor = this.measurements.sensors.at(-1);
      if (sensor) this.measurements.connectSensor(sensor.serial, !sensor.connected);
      return;
    }
    const notification = this.model.notification(kind);
    if (notification !== null) this.announce(notification);
  }

  /** Stops everything; no socket, timer or port is left. */
  async close(): Promise<void> {
    this.keepalive.every(null);
    this.scheduled.stop();
    await this.reception.shut();
    this.timers.clear();
  }

  private announceSensor(sensor: Sensor): void {
    this.announce(this.model.sensorConnection(sensor));
  }

  private announce({ frame, sent }: Outgoing): void {
    let isSent = false;
    for (const connection of this.reception.connections) {
      if (!connection.subscribed || !connection.send(frame)) continue;
      this.evidence.notificationsSent += 1;
      isSent = true;
    }
    if (isSent) sent();
  }

  // Only while there are subscribers.
  private notifyWhileHeard(): void {
    if (this.reception.subscribed > 0) {
      this.ticker?.add(this.tick);
      this.scheduled.start();
    } else {
      this.ticker?.remove(this.tick);
      this.scheduled.stop();
    }
  }

  private readonly tick = (): void => {
    const kind = this.notifyKinds[this.ticks++ % this.notifyKinds.length];
    if (kind !== undefined) this.notify(kind);
  };
}
