import { readWatermark } from '../../../simulator/signals/watermark';
import type { Watermark } from '../../../simulator/signals/watermark';
import type { ReadingDto } from '../../../src/readings/reading.dto';
import type { FeedPageDto } from '../../../src/readings/reading-lists.dto';
import type { WaveformDto } from '../../../src/readings/waveform.dto';
import { bodyOf } from '../../support/api-client';
import type { ApiClient } from '../../support/api-client';

/** A reading as the service returns it. */
export interface Stored {
  readonly reading: ReadingDto;
  /** Read from the samples of each axis; null: they have none. Empty for other kinds. */
  readonly watermarks: readonly (Watermark | null)[];
}

/** A copy of all readings, kept with the feed as another system keeps one. */
export class StoredCopy {
  private readonly byId = new Map<string, Stored>();

  /** @param after where to begin: only what arrives later is copied */
  constructor(private after = 'p0') {}

  /** A copy of what arrives from now on. */
  next(): StoredCopy {
    return new StoredCopy(this.after);
  }

  /** Reads what arrived since. @throws Error without an answer, or with another one than 200 */
  async update(api: ApiClient): Promise<void> {
    for (;;) {
      const page = await bodyOf<FeedPageDto>(api.get(`/api/readings?limit=1000&after=${this.after}`));
      const stored = await Promise.all(
        page.data.map(async (reading) => ({ reading, watermarks: await watermarksOf(api, reading) })),
      );
      for (const one of stored) this.byId.set(one.reading.id, one);
      this.after = page.next;
      if (!page.has_more) return;
    }
  }

  get all(): readonly Stored[] {
    return [...this.byId.values()];
  }
}

async function watermarksOf(api: ApiClient, { id, kind }: ReadingDto): Promise<(Watermark | null)[]> {
  if (kind !== 'vibration') return [];
  const { axes } = await bodyOf<WaveformDto>(api.get(`/api/readings/${id}/waveform`));
  return (['x', 'y', 'z'] as const).map((axis) => {
    const watermark = readWatermark(axes[axis] ?? []);
    return watermark?.axis.toLowerCase() === axis ? watermark : null;
  });
}
