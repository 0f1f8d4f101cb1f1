import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { version } from '../src/common/version';
import { BARS, verdict } from './bars';
import type { PartName } from './bench-arguments';
import { valueOf } from './figure';
import type { Figure } from './figure';

/** Writes the figures of a part as JSON, and gives the file. */
export async function writeResult(folder: string, part: PartName, figures: readonly Figure[]): Promise<string> {
  const result = {
    part,
    at: new Date().toISOString(),
    version,
    node: process.version,
    cores: availableParallelism(),
    figures: figures.map((figure) => ({
      ...figure,
      bar: BARS[figure.id] ?? null,
      verdict: verdict(figure.id, valueOf(figure)),
    })),
  };
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${part}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}
