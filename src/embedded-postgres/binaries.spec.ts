import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLinks, findBinaries } from './binaries';

describe('findBinaries', () => {
  it('names the platform and DATABASE_URL when there is no package for the platform', async () => {
    await expect(findBinaries('sunos-sparc')).rejects.toThrow(/no embedded PostgreSQL for sunos-sparc .*DATABASE_URL/);
  });
});

describe('createLinks', () => {
  let root = '';

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'binaries-'));
    await mkdir(join(root, 'native', 'lib'), { recursive: true });
    await writeFile(join(root, 'native', 'lib', 'libpq.so.5.18'), 'library');
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  const list = (target: string) =>
    writeFile(
      join(root, 'native', 'pg-symlinks.json'),
      JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target }]),
    );

  it('creates the links that npm left out, and changes nothing when run again', async () => {
    await list('native/lib/libpq.so.5');

    await createLinks(root);
    await createLinks(root);

    expect(await readlink(join(root, 'native', 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    expect(await readFile(join(root, 'native', 'lib', 'libpq.so.5'), 'utf8')).toBe('library');
  });

  it('accepts a package without links', async () => {
    await expect(createLinks(root)).resolves.toBeUndefined();
  });

  it('says what to do when a link cannot be created', async () => {
    await list('native/missing/libpq.so.5');

    await expect(createLinks(root)).rejects.toThrow(/cannot create .*libpq\.so\.5: run "npm rebuild"/);
  });
});
