import { decode } from '../../gateway-client/protocol/codec';
import type { EncodedReading, ReceivedRecord, UnreadableRecord } from '../reading';
import { readRecords } from '../records/read-records';
import { encodeWaveform } from '../storage/codec/encode-reading';

/** A record of a frame, ready to be stored. */
export type EncodedRecord = Omit<EncodedReading, 'gatewayId' | 'origin' | 'receivedAt'>;

/** What a frame of vibration readings holds. */
export interface EncodedFrame {
  /** In the order of the frame. */
  readonly records: readonly EncodedRecord[];
  /** Those that cannot be encoded, and why. */
  readonly refused: readonly { readonly record: ReceivedRecord; readonly problem: string }[];
  readonly unreadable: readonly UnreadableRecord[];
}

/**
 * Reads a frame of vibration readings and encodes its waveforms. Needs nothing but its parameters, so that any thread can do it.
 * @param json the message
 * @param rates the sample rates of the gateway's sensors, in Hz by serial, as far as they are known
 */
export async function encodeFrame(json: Buffer, rates: ReadonlyMap<number, number>): Promise<EncodedFrame> {
  const frame = decode(json);
  const found = frame && readRecords(frame);
  const records: EncodedRecord[] = [];
  const refused: EncodedFrame['refused'][number][] = [];
  for (const record of found?.records ?? []) {
    try {
      records.push({ ...record, ...(await encodeWaveform(record.axes, rates.get(record.serial) ?? null)) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      refused.push({ record, problem: error.message });
    }
  }
  return { records, refused, unreadable: found?.unreadable ?? [] };
}
