import { SimulatedGateway } from '../../../simulator/simulated-gateway';
import type { ClockSettings } from '../../../simulator/model/gateway-clock';
import type { LedgerEntry } from '../../../simulator/model/ledger';
import type { IdMode } from '../../../simulator/model/record-ids';
import { recordKinds } from '../../../simulator/model/records';
import type { RecordKind } from '../../../simulator/model/records';
import { eventually } from '../../support/eventually';

/** More records than a history generates. */
const ALL = 10_000;

/** What one simulated gateway is like. */
export interface DeviceTraits {
  readonly ids: IdMode;
  /** Whether it keeps a few records of each kind only. */
  readonly isShort: boolean;
  readonly clock: Pick<ClockSettings, 'zone' | 'offsetMs'> & { readonly format: 'minute' | 'second' };
  readonly endExclusive: boolean;
  readonly maxCap: number | null;
  readonly ignoreSerials: boolean;
}

/** The records of each kind that a gateway with a short history keeps. */
export const SHORT = 25;

/** A record that was measured, as far as its gateway can tell. */
export interface Measured extends LedgerEntry {
  readonly kind: RecordKind;
}

let count = 0;

/** A simulated gateway whose vibration readings say which they are, and all that it has ever measured. */
export class Device {
  /** The service's id of it. */
  id = '';
  private readonly measured = new Map<string, Measured>();
  /** Numbers below these were dropped before the service can have known of them. */
  private readonly owedFrom = new Map<RecordKind, number>();
  private isShut = false;
  private isReset = false;
  private offsetMs: number;

  private constructor(
    readonly traits: DeviceTraits,
    readonly gateway: SimulatedGateway,
  ) {
    this.offsetMs = traits.clock.offsetMs;
  }

  /** Serials of its sensors are unique among all devices. */
  static async listen(traits: DeviceTraits): Promise<Device> {
    count += 1;
    const { ids, clock, isShort, endExclusive, maxCap, ignoreSerials } = traits;
    const gateway = await SimulatedGateway.listen({
      number: count,
      sensors: 2,
      samples: 16,
      signals: { kind: 'watermark' },
      depth: { count: isShort ? SHORT : ALL, days: 365 },
      answers: { endExclusive, maxCap, ignoreSerials },
      ids,
      clock,
    });
    return new Device(traits, gateway);
  }

  get text(): string {
    return `${this.gateway.number} (${JSON.stringify(this.traits)})`;
  }

  /** Measures, and sends notifications to a client that is subscribed. */
  notify(kind: RecordKind, times: number): void {
    for (let time = 0; time < times; time += 1) this.gateway.notify(kind);
    this.look();
  }

  /** Measures, and notifies nobody, although the client may be subscribed. */
  measureSilently(kind: RecordKind, times: number): void {
    const { measurements } = this.gateway;
    for (let time = 0; time < times; time += 1) {
      const sensor = measurements.sensors[time % measurements.sensors.length];
      if (sensor) measurements.measure(kind, sensor);
    }
    this.look();
  }

  /** Measures on schedule from now on; null: no longer. */
  schedule(everyMs: number | null): void {
    this.look();
    this.gateway.measurements.setSchedule({ reading: everyMs, temp: everyMs, batt: everyMs });
  }

  /** Deletes some of the newest records of a kind. */
  deleteRecords(kind: RecordKind, skip: number, length: number): void {
    const { generated } = this.gateway.measurements.ledger({ kind, limit: 1 });
    this.gateway.measurements.deleteRecords(kind, Math.max(1, generated - skip - length + 1), generated - skip);
    this.look();
  }

  /** Once: two numberings of one day cannot be told apart where they overlap. */
  resetIds(clear: boolean): void {
    if (this.isReset) return;
    this.isReset = true;
    this.look();
    this.gateway.measurements.resetIds(clear);
    this.look();
  }

  moveClock(byMs: number): void {
    this.offsetMs += byMs;
    this.gateway.measurements.setClock({ offsetMs: this.offsetMs });
  }

  async unplug(): Promise<void> {
    if (this.isShut) return;
    this.isShut = true;
    await this.gateway.stopListening();
  }

  async plugIn(): Promise<void> {
    if (!this.isShut) return;
    // Another outgoing connection may use the port for a moment.
    await eventually(() => this.gateway.startListening());
    this.isShut = false;
  }

  /** Nothing more is measured, and nothing prevents a session. */
  async heal(): Promise<void> {
    this.schedule(null);
    this.gateway.thaw();
    await this.plugIn();
  }

  /** Notes what was measured since: a gateway with a short history forgets it soon. */
  look(): void {
    for (const kind of recordKinds) {
      for (const entry of this.gateway.measurements.ledger({ kind, limit: ALL }).records) {
        this.measured.set(`${kind} ${entry.number}`, { ...entry, kind });
      }
      const { oldest_held: oldest } = this.gateway.measurements.ledger({ kind, limit: 1 });
      for (const [key, entry] of this.measured) {
        if (entry.kind === kind && (oldest === null || entry.number < oldest)) {
          this.measured.set(key, { ...entry, held: false });
        }
      }
    }
  }

  /** From now on the service has to say so if a record is dropped that it does not have. */
  isKnown(kind: RecordKind): void {
    if (this.owedFrom.has(kind)) return;
    this.owedFrom.set(kind, this.gateway.measurements.ledger({ kind, limit: 1 }).oldest_held ?? Infinity);
  }

  /** Everything that was ever measured, oldest first. */
  all(kind: RecordKind): Measured[] {
    return [...this.measured.values()].filter((entry) => entry.kind === kind).sort((a, b) => a.number - b.number);
  }

  /** What the service must have, or must report as a gap: all but what was deleted here, and what it cannot have known of. */
  owes(entry: Measured): boolean {
    return !entry.deleted && (entry.held || entry.number >= (this.owedFrom.get(entry.kind) ?? Infinity));
  }
}
