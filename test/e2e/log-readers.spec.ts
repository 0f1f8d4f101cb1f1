import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bodyOf, ApiClient } from '../support/api-client';
import { createDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { Program } from '../support/program';

const REQUESTS = 15_000;
const REQUESTS_THAT_FILL_A_PIPE = 500;
const START_MS = 60_000;

/** The end of a pipe where a log is read, or not. */
class LogReader {
  text = '';
  private readonly file: number;
  private readonly buffer = Buffer.alloc(65_536);

  constructor(pipe: string) {
    this.file = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Reads what is there, and goes on reading until the text has what is looked for. */
  async readUntil(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray> {
    return eventually(() => {
      this.read();
      const match = pattern.exec(this.text);
      if (!match) throw new Error(`not in the log: ${String(pattern)}`);
      return match;
    }, timeoutMs);
  }

  close(): void {
    closeSync(this.file);
  }

  private read(): void {
    try {
      for (;;) {
        const bytes = readSync(this.file, this.buffer);
        if (bytes === 0) return; // Nobody writes yet.
        this.text += this.buffer.toString('latin1', 0, bytes);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** Makes the service log this many long lines: requests on one connection, each of which must be answered. */
async function makeLog(url: string, requests: number): Promise<void> {
  const { hostname, port, host } = new URL(url);
  const request = `GET /api/${'x'.repeat(190)} HTTP/1.1\r\nHost: ${host}\r\nx-request-id: ${'y'.repeat(64)}\r\n\r\n`;
  const socket = connect(Number(port), hostname);
  let answers = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (data) => {
      answers += data.toString('latin1').split('HTTP/1.1 404').length - 1;
      if (answers >= requests - 1) resolve(); // A status line may be cut between two packets.
    });
    socket.on('error', reject).on('close', () => reject(new Error('the connection was closed')));
    socket.write(request.repeat(requests));
  });
  socket.destroy();
}

describe.each([
  // An error, such as a statement that has waited too long while the requests were answered, takes further lines, which are indented.
  ['development', /^(\[\d\d:\d\d:\d\d\.\d{3}\] [A-Z]+: .+| {4}.*)$/],
  ['production', /^\{"level":\d+,.+\}$/],
])('the log of a service in %s', (mode, wholeLine) => {
  it('does not block the service when its pipe is not read, counts dropped lines, and survives the loss of its reader', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-hub-log-'));
    const pipe = join(folder, 'log');
    execFileSync('mkfifo', [pipe]);
    const database = await createDatabase();
    let reader = new LogReader(pipe);
    const program = new Program(
      'main.js',
      {
        NODE_ENV: mode,
        AUTH: 'off',
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'debug',
        DATABASE_URL: database.url,
        ENCRYPTION_KEY: Buffer.alloc(32, 5).toString('base64'),
      },
      [],
      undefined,
      ['sh', '-c', `exec "$@" > ${pipe}`, 'sh'],
    );
    try {
      const url = (await reader.readUntil(/listening on (http:\S+?),/, START_MS))[1] ?? '';
      const api = new ApiClient(url);

      await makeLog(url, REQUESTS);
      await bodyOf(api.get('/api/health/live'));

      const dropped = Number((await reader.readUntil(/log lines dropped: (\d+).*\n/))[1]);
      const lines = reader.text.split('\n').slice(0, -1);
      expect(lines.filter((line) => !wholeLine.test(line))).toEqual([]);
      const written = lines.filter((line) => line.includes('yyyy')).length;
      expect(written + dropped).toBeGreaterThanOrEqual(REQUESTS);
      expect(written).toBeGreaterThan(1000); // What was waiting was kept.
      expect(reader.text.match(/log lines dropped/g)).toHaveLength(1);

      reader.close();
      await makeLog(url, REQUESTS_THAT_FILL_A_PIPE);
      await bodyOf(api.get('/api/health/live'));

      reader = new LogReader(pipe);
      await makeLog(url, REQUESTS_THAT_FILL_A_PIPE);
      await reader.readUntil(/yyyy.*\n/);
      await makeLog(url, REQUESTS_THAT_FILL_A_PIPE); // Not read.
      program.kill('SIGTERM');
      expect(await program.exit()).toBe(0);
    } finally {
      await program.destroy();
      reader.close();
      await database.drop();
      rmSync(folder, { recursive: true });
    }
  });
});
