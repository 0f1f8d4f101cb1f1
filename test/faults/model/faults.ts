import { errorReply, loginReply } from '../../../simulator/messages';
import type { SimulatedGateway } from '../../../simulator/simulated-gateway';
import { eventually } from '../../support/eventually';

interface Fault {
  begin(device: SimulatedGateway): void | Promise<void>;
  end(device: SimulatedGateway): void | Promise<void>;
}

const refuses = (how: 'a' | 'b' | 'c'): Fault => ({
  begin: (device) => device.refuseLogins(how),
  end: (device) => device.refuseLogins(null),
});

const hangsUpAt = (step: 'upgrade' | 'login' | 'subscribe', code?: number): Fault => ({
  begin: (device) => device.closeAt(step, code),
  end: (device) => device.closeAt(null),
});

/** Faults of a device that last until they are ended. */
const FAULTS = {
  'is frozen': { begin: (device) => device.freeze(), end: (device) => device.thaw() },
  'does not listen': {
    begin: (device) => device.stopListening(),
    // Another outgoing connection may use the port for a moment.
    end: (device) => eventually(() => device.startListening()),
  },
  'refuses logins, a': refuses('a'),
  'refuses logins, b': refuses('b'),
  'refuses logins, c': refuses('c'),
  'mutes logins': { begin: (device) => device.muteLogins(true), end: (device) => device.muteLogins(false) },
  'refuses subscriptions': {
    begin: (device) => device.refuseSubscribe(true),
    end: (device) => device.refuseSubscribe(false),
  },
  'ignores pings': { begin: (device) => device.ignorePings(true), end: (device) => device.ignorePings(false) },
  'rejects upgrades': { begin: (device) => device.rejectUpgrade(503), end: (device) => device.rejectUpgrade(null) },
  'hangs up at upgrade': hangsUpAt('upgrade'),
  'hangs up at login': hangsUpAt('login', 1011),
  'hangs up at subscribe': hangsUpAt('subscribe', 1000),
  'is slow': { begin: (device) => device.slowDown(60), end: (device) => device.slowDown(0) },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** Faults of a device that are over at once. */
const BLOWS = {
  'resets its connections': (device) => device.drop(),
  'closes with 1000': (device) => device.drop(1000),
  'closes with 1001': (device) => device.drop(1001),
  'closes without a code': (device) => device.drop(1005),
  'closes with 1011': (device) => device.drop(1011),
  'closes with 4000': (device) => device.drop(4000),
  'sends no JSON': (device) => device.send('<html>'),
  'sends bytes': (device) => device.send(Buffer.from([0, 255, 1, 254])),
  'sends an empty object': (device) => device.send('{}'),
  'sends an error nobody caused': (device) => device.send(errorReply(null, 'out of the blue')),
  'sends a refusal nobody caused': (device) => device.send(loginReply('nobody@example.org', false)),
  'sends news': (device) => device.notify('temp'),
} satisfies Record<string, (device: SimulatedGateway) => void>;

export type BlowName = keyof typeof BLOWS;
export const BLOW_NAMES = Object.keys(BLOWS) as BlowName[];

/** A simulated device, and its active faults. */
export class FaultyDevice {
  private readonly faults = new Set<FaultName>();

  constructor(readonly device: SimulatedGateway) {}

  get isWell(): boolean {
    return this.faults.size === 0;
  }

  async begin(name: FaultName): Promise<void> {
    this.faults.add(name);
    await FAULTS[name].begin(this.device);
  }

  /** Ends the fault that has lasted longest. */
  async mend(): Promise<void> {
    const [oldest] = this.faults;
    if (oldest === undefined) return;
    this.faults.delete(oldest);
    await FAULTS[oldest].end(this.device);
  }

  strike(name: BlowName): void {
    BLOWS[name](this.device);
  }

  async heal(): Promise<void> {
    while (!this.isWell) await this.mend();
  }
}
