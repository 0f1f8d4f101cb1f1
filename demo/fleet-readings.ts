import type { StoredReadings } from '../src/readings/ingest/stored-readings';
import { mainValue } from '../src/readings/storage/reading-row';
import { readingIdOf } from '../src/readings/storage/stored-reading';
import type { StoredReading } from '../src/readings/storage/stored-reading';

/** What was stored of one gateway since the demo began. */
export interface GatewayReadings {
  /** Readings that it sent when they were measured. */
  live: number;
  /** Readings that the service fetched from its history. */
  fetched: number;
  /** The latest vibration reading that it sent: the largest RMS of the axes in g, and when it arrived, in epoch milliseconds. */
  vibration: { readonly rms: number; readonly at: number } | null;
}

/** Counts the readings that the service stores, by gateway. */
export class FleetReadings {
  private readonly gateways = new Map<string, GatewayReadings>();
  private readonly end: () => void;

  /** @param onFirstWaveform called once, with the id of the reading of the first waveform that is stored */
  constructor(
    feed: StoredReadings,
    private onFirstWaveform: ((readingId: string) => void) | null,
  ) {
    this.end = feed.subscribe((stored) => this.onStored(stored));
  }

  of(gatewayId: string): GatewayReadings {
    const known = this.gateways.get(gatewayId) ?? { live: 0, fetched: 0, vibration: null };
    this.gateways.set(gatewayId, known);
    return known;
  }

  stop(): void {
    this.end();
  }

  private onStored({ outcome, gatewayId, row }: StoredReading): void {
    if (outcome !== 'new' || row === null) return;
    const readings = this.of(gatewayId);
    if (row.origin === 'history') readings.fetched += 1;
    else readings.live += 1;
    if (row.waveform === null) return;
    const rms = mainValue(row);
    if (row.origin !== 'history' && rms !== null) readings.vibration = { rms, at: row.receivedAt.getTime() };
    this.onFirstWaveform?.(readingIdOf(row));
    this.onFirstWaveform = null;
  }
}
