import type { Bench } from '../bench';
import type { Figure } from '../figure';
import { measureBursts } from './bursts';
import type { BurstKind } from './bursts';
import { launchBoth, ReadingsStage, stopBoth } from './readings-stage';
import { measureSteady } from './steady';

/** A burst must fit into memory: here gateways send as fast as the socket takes it, and nothing tells them to wait. */
const ROOM_FOR_BURSTS = { INGEST_BUFFER_BYTES: '1000000000' };

/** Measures how fast readings are stored, what that does to other requests, and how much disk they take. */
export async function readingsPart(bench: Bench): Promise<Figure[]> {
  const { size } = bench;
  const stage = await ReadingsStage.start(bench);
  const hubs = await launchBoth(stage, ROOM_FOR_BURSTS);
  const kinds: readonly BurstKind[] = [
    { id: 'vibration', title: 'vibration, 3 × 4,096 samples', kind: 'reading', count: size.vibrationBurst },
    { id: 'temperatures', title: 'temperatures', kind: 'temp', count: size.temperatureBurst },
  ];
  const figures: Figure[] = [];
  for (const kind of kinds) figures.push(...(await measureBursts(stage, hubs, size.rounds, kind)));
  await stopBoth(hubs);
  figures.push(...(await measureSteady(bench, stage)));
  for (const { id, title, kind } of kinds) {
    const count = await stage.bytesPerReading('product', kind);
    figures.push({ id: `readings.disk-${id}`, title: `${title}: on disk`, unit: 'B', count });
  }
  return figures;
}
