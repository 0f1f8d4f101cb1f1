import { Injectable } from '@nestjs/common';
import type { ReadingKind } from '../reading';

/** The sensors that measure right now because the service has ordered it: the next reading of each is the ordered one. */
@Injectable()
export class OrderedReadings {
  private readonly expected = new Set<string>();

  /** @returns a function that ends the expectation */
  expect(gatewayId: string, kind: ReadingKind, serial: number): () => void {
    const key = keyOf(gatewayId, kind, serial);
    this.expected.add(key);
    return () => this.expected.delete(key);
  }

  /** Whether a reading of this gateway may be an ordered one. */
  isExpecting(gatewayId: string): boolean {
    for (const key of this.expected) if (key.startsWith(gatewayId)) return true;
    return false;
  }

  /** Whether a reading that has just arrived is the ordered one. It is so only once. */
  take(gatewayId: string, kind: ReadingKind, serial: number): boolean {
    return this.expected.size > 0 && this.expected.delete(keyOf(gatewayId, kind, serial));
  }
}

function keyOf(gatewayId: string, kind: ReadingKind, serial: number): string {
  return `${gatewayId} ${kind} ${serial}`;
}
