import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { version } from '../src/common/version';
import { BARS, verdict } from './bars';
import type { Bar } from './bars';
import type { PartName } from './bench-arguments';
import { valueOf } from './figure';
import type { Figure } from './figure';

/** A figure with its bar and verdict. */
export type JudgedFigure = Figure & { readonly bar: Bar | null; readonly verdict: string };

/** The figures of one part, as they are written to a file. */
export interface Result {
  readonly part: PartName;
  readonly at: string;
  readonly version: string;
  readonly node: string;
  readonly cores: number;
  readonly figures: readonly JudgedFigure[];
}

/** Writes the figures of a part as JSON, and returns the path of the file. */
export async function writeResult(folder: string, part: PartName, figures: readonly Figure[]): Promise<string> {
  const result: Result = {
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
  const file = fileOf(folder, part);
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  return file;
}

/** Reads what `writeResult` wrote. @throws Error if the part was not measured */
export async function readResult(folder: string, part: PartName): Promise<Result> {
  return JSON.parse(await readFile(fileOf(folder, part), 'utf8')) as Result;
}

function fileOf(folder: string, part: PartName): string {
  return join(folder, `${part}.json`);
}
