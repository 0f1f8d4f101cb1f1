import { Injectable } from '@nestjs/common';

/** Gateways that are asked for no vibration history now, because something else must not wait for such a page. */
@Injectable()
export class HistoryPauses {
  private readonly counts = new Map<string, number>();

  isPaused(gatewayId: string): boolean {
    return this.counts.has(gatewayId);
  }

  /** A page that was asked for before still comes. @returns a function that ends the pause; call it once */
  pause(gatewayId: string): () => void {
    this.counts.set(gatewayId, (this.counts.get(gatewayId) ?? 0) + 1);
    return () => {
      const left = (this.counts.get(gatewayId) ?? 1) - 1;
      if (left > 0) this.counts.set(gatewayId, left);
      else this.counts.delete(gatewayId);
    };
  }
}
