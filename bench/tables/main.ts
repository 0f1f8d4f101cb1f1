import { print, runCommand, UsageError } from '../../src/cli/run-command';
import { PART_NAMES } from '../bench-arguments';
import type { PartName } from '../bench-arguments';
import { readResult } from '../result';
import { markdownTable } from './markdown';
import type { Runs } from './markdown';

const USAGE = `Prints the figures of several runs of the benchmark as Markdown tables.

  npm run --silent bench:tables -- <part> <folder> …

  part    api, fleet, ingest, storm
  folder  the --results of one run; there is a column for each
`;

runCommand(async () => {
  const [name, ...folders] = process.argv.slice(2);
  const part = PART_NAMES.find((known) => known === name);
  if (!part || folders.length === 0) throw new UsageError(USAGE);
  print(await tableOf(part, folders));
  return 0;
});

/** The figures of the first run, each with the figures of the other runs that have the same id. */
async function tableOf(part: PartName, folders: readonly string[]): Promise<string> {
  const [first, ...others] = await Promise.all(folders.map((folder) => readResult(folder, part)));
  const figures = (first?.figures ?? []).map((figure): Runs => {
    const same = others.flatMap(({ figures }) => figures.filter(({ id }) => id === figure.id));
    return [figure, ...same];
  });
  return markdownTable(figures);
}
