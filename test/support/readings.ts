import type { INestApplicationContext } from '@nestjs/common';
import type { NewReading } from '../../src/readings/reading';
import { ReadingsStreamService } from '../../src/readings/readings-stream.service';
import { encodeReading } from '../../src/readings/storage/codec/encode-reading';
import { ReadingsRepository } from '../../src/readings/storage/readings.repository';
import { readingIdOf } from '../../src/readings/storage/stored-reading';

/** Ids of a reading, and of its sensor. */
export interface StoredIds {
  readonly id: string;
  readonly sensorId: string;
}

/** Stores records in one batch and announces them, as the service does with records of gateways. */
export async function storeReadings(
  app: INestApplicationContext,
  records: readonly NewReading[],
): Promise<StoredIds[]> {
  const stored = await app
    .get(ReadingsRepository)
    .store(await Promise.all(records.map((record) => encodeReading(record))));
  for (const each of stored) app.get(ReadingsStreamService).onStored(each);
  return stored.map(({ row, owner, outcome }) => {
    if (!row || !owner) throw new Error(`a record is ${outcome}`);
    return { id: readingIdOf(row), sensorId: owner.sensorId };
  });
}
