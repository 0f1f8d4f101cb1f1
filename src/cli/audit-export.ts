import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { toAuditRecordDto } from '../audit/audit.dto';
import { AuditRecord } from '../audit/audit-record.entity';
import { AuditRepository } from '../audit/audit.repository';
import type { Period } from '../audit/audit.repository';
import { EVERYWHERE } from '../common/actor';
import { loadConfig } from '../config/config';
import { createCipher } from '../crypto/crypto.module';
import { withDataSource } from '../schema/data-source';
import { print, printProblem, runCommand, UsageError } from './run-command';
import { withDatabaseUrl } from './with-database-url';

const USAGE = `Writes the audit log to standard output, the oldest record first: one JSON object per line, as in GET /api/audit.

  npm run --silent audit:export -- [options]

  --from TIME   only records at or after this time
  --to TIME     only records before this time
  --help        this text

TIME is a date (2026-02-09, its beginning in UTC) or a time with an offset (2026-02-09T10:00:00Z).`;

const BATCH_SIZE = 1000;

/** The reader wants no more, as in `audit:export | head`. */
const READER_GONE = 'EPIPE';

const time = z.union([z.iso.date(), z.iso.datetime({ offset: true })]).transform((text) => new Date(text));

process.stdout.on('error', () => undefined); // `write` rejects with it.

runCommand(async () => {
  const period = parseOptions(process.argv.slice(2));
  if (!period) {
    print(USAGE);
    return 0;
  }
  await withDatabaseUrl(loadConfig(), (config) =>
    withDataSource(config, createCipher(config, printProblem), (dataSource) =>
      writeAll(new AuditRepository(dataSource.getRepository(AuditRecord)), period),
    ),
  ).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== READER_GONE) throw error;
  });
  return 0;
});

/** One batch at a time, and only as fast as the reader reads: the log may be larger than the memory. */
async function writeAll(records: AuditRepository, period: Period): Promise<void> {
  let after: string | undefined;
  do {
    const batch = await records.findBatch(EVERYWHERE, period, BATCH_SIZE, after);
    const lines = batch.map((record) => `${JSON.stringify(toAuditRecordDto(record))}\n`).join('');
    await write(lines);
    after = batch.length < BATCH_SIZE ? undefined : batch.at(-1)?.id;
  } while (after !== undefined);
}

/** Resolves when the text was passed on. */
function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())));
}

/** Null if help is requested. @throws UsageError */
function parseOptions(args: string[]): Period | null {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ args, options: { from: text, to: text, help: { type: 'boolean' } } });
    return values.help ? null : { from: parseTime('from', values.from), to: parseTime('to', values.to) };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'Unknown option'}\n\n${USAGE}`);
  }
}

/** @throws Error */
function parseTime(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const parsed = time.safeParse(text);
  if (!parsed.success) throw new Error(`--${option} must be a date or a time with an offset`);
  return parsed.data;
}
