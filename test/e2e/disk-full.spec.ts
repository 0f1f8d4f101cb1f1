import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import type { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres';
import { start } from '../support/create-app';
import { eventually } from '../support/eventually';

const CHUNK = Buffer.alloc(65_536);

let folder: string;
let isMounted = false;
let server: EmbeddedPostgres | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-hub-disk-'));
  isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'none', folder]).status === 0;
  if (!isMounted) return;
  await chmod(folder, 0o755);
  server = await startEmbeddedPostgres({ dataDir: folder, ephemeral: true });
});

afterAll(async () => {
  await server?.stop();
  if (isMounted) spawnSync('umount', [folder]);
  await rm(folder, { recursive: true });
});

/** Adds to a file until there is no room left. */
async function fillTheDisk(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (const size of [CHUNK.length, 4096, 1]) {
      while (
        await file.write(CHUNK, 0, size).then(
          ({ bytesWritten }) => bytesWritten === size,
          () => false,
        )
      );
    }
  } finally {
    await file.close();
  }
}

describe('a service whose database has no disk space left', () => {
  it('API-02: reports the full disk, is not ready, and recovers when there is space again', async () => {
    if (!server) return process.emitWarning('skipped: a file system of limited size cannot be mounted here');
    const app = await start({ url: server.url, name: 'gateway_hub', drop: () => Promise.resolve() });
    try {
      const http = supertest(await app.getUrl());
      await eventually(() => http.get('/api/health/ready').expect(200));
      const filler = join(folder, 'filler');
      await eventually(async () => {
        await fillTheDisk(filler); // Again each time: what PostgreSQL had in temporary files meanwhile is free once it has removed them.
        await http.get('/api/health/ready').expect(503, { status: 'not_ready', reason: 'database_disk_full' });
      });
      await http.get('/api/health').expect(503, /"database":"disk_full"/);
      await http.get('/api/gateways').expect(200);

      await rm(filler);
      await eventually(() => http.get('/api/health/ready').expect(200, { status: 'ok' }));
    } finally {
      await app.close();
    }
  });
});
