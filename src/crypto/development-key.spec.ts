import fs, { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentKey } from './development-key';

describe('developmentKey', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'key-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is generated once, and reused afterwards', () => {
    const first = developmentKey(join(dir, 'data'));
    const second = developmentKey(join(dir, 'data'));

    expect(first).toMatchObject({ made: true });
    expect(second).toMatchObject({ made: false, key: first.key });
    expect(readdirSync(join(dir, 'data'))).toEqual(['encryption.key']);
  });

  it('is readable by its owner alone', () => {
    expect(statSync(developmentKey(dir).file).mode & 0o777).toBe(0o600);
  });

  it('is not used when it cannot be stored, and leaves no temporary file behind', () => {
    const linkSync = jest.spyOn(fs, 'linkSync').mockImplementation(() => {
      throw new Error('no links on this disk');
    });
    expect(() => developmentKey(dir)).toThrow('no links on this disk');
    linkSync.mockRestore();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('does not replace a damaged key, which would make every password unreadable', () => {
    writeFileSync(join(dir, 'encryption.key'), 'half a k');
    expect(() => developmentKey(dir)).toThrow(/encryption\.key does not contain base64 of 32 bytes/);
  });
});
