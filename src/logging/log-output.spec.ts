import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogOutput } from './log-output';

const { O_RDONLY, O_WRONLY, O_NONBLOCK, O_CREAT } = constants;
/** More lines than a pipe holds. */
const MANY = 5000;
/** More lines than may wait for a pipe. */
const TOO_MANY = 25_000;
const aLine = (index: number) => `${String(index).padStart(6, '0')} ${'é'.repeat(100)}\n`;

describe('the output of the log', () => {
  let folder: string;
  let pipe: string;
  const files = new Set<number>();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-hub-output-'));
    pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
  });
  afterEach(() => {
    for (const file of files) closeSync(file);
    files.clear();
    rmSync(folder, { recursive: true });
  });

  const open = (path: string, flags: number): number => {
    const file = openSync(path, flags);
    files.add(file);
    return file;
  };
  const close = (file: number): void => {
    files.delete(file);
    closeSync(file);
  };
  const startReading = () => open(pipe, O_RDONLY | O_NONBLOCK);
  /** Is left open: an output whose reader is gone tries again for ever, and would write into what got the number of its file next. */
  const openForOutput = (path: string, flags: number): number => openSync(path, O_WRONLY | flags);
  const anOutput = () => {
    const output = new LogOutput(openForOutput(pipe, O_NONBLOCK));
    output.onDropped = (lines) => output.write(`dropped ${lines}\n`);
    return output;
  };
  /** Reads until everything is written. */
  const readAll = async (file: number, output: LogOutput): Promise<string> => {
    const chunks: Buffer[] = [];
    let isSettled = false;
    const settled = output.drain(10_000).then(() => {
      isSettled = true;
    });
    const isDone = () => isSettled;
    for (let isLast = false; !isLast;) {
      isLast = isDone(); // Checked before reading, so that the last read gets everything.
      for (let chunk = readSome(file); chunk; chunk = readSome(file)) chunks.push(chunk);
      await new Promise(setImmediate);
    }
    await settled;
    return Buffer.concat(chunks).toString();
  };

  it('writes every line whole and in order, to a file and to a pipe', async () => {
    const path = join(folder, 'file');
    const output = new LogOutput(openForOutput(path, O_CREAT));
    const lines = Array.from({ length: MANY }, (_, index) => aLine(index));
    for (const line of lines) output.write(line);
    await output.drain(10_000);
    expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
    expect(output.isPipe).toBe(false);

    const reader = startReading();
    const toPipe = anOutput();
    for (const line of lines) toPipe.write(line);
    expect(await readAll(reader, toPipe)).toBe(lines.join(''));
    expect(toPipe.isPipe).toBe(true);
  });

  it('buffers some megabytes for a pipe that is not read, and reports the dropped lines once, in their place', async () => {
    const reader = startReading();
    const output = anOutput();
    for (let index = 0; index < TOO_MANY; index += 1) output.write(aLine(index));

    const [kept, dropped, rest] = (await readAll(reader, output)).split(/dropped (\d+)\n/);
    output.write(aLine(0));
    expect(await readAll(reader, output)).toBe(aLine(0));

    const lines = kept?.split('\n').slice(0, -1) ?? [];
    expect(lines).toEqual(lines.map((_, index) => aLine(index).trimEnd()));
    expect(lines.length + Number(dropped)).toBe(TOO_MANY);
    expect(kept?.length).toBeGreaterThan(2_000_000);
    expect(Buffer.byteLength(kept ?? '')).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(rest).toBe('');
  });

  it('drops nothing of a burst that goes to a file', async () => {
    const path = join(folder, 'file');
    const output = new LogOutput(openForOutput(path, O_CREAT));
    for (let index = 0; index < TOO_MANY; index += 1) output.write(aLine(index));
    await output.drain(10_000);
    expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: TOO_MANY }, (_, index) => aLine(index)).join(''));
  });

  it('drops a single line that is too long, and continues', async () => {
    const reader = startReading();
    const output = anOutput();
    output.write(`${'x'.repeat(4 * 1024 * 1024)}\n`);
    output.write('after\n');
    expect(await readAll(reader, output)).toBe('dropped 1\nafter\n');
  });

  it('drains no longer than the given time, and not at all once the reader is gone', async () => {
    const reader = startReading();
    const output = anOutput();
    for (let index = 0; index < MANY; index += 1) output.write(aLine(index));
    await untilFull(output);
    await output.drain(1);

    close(reader);
    await output.drain(60_000); // The next attempt to write detects it.
    await output.drain(60_000);
  });

  it('continues when another reader opens the pipe', async () => {
    const first = startReading();
    const output = anOutput();
    for (let index = 0; index < MANY; index += 1) output.write(aLine(index));
    await untilFull(output);
    close(first);
    await output.drain(60_000);

    const second = startReading();
    let text = '';
    while (!text.endsWith(aLine(MANY - 1))) {
      text += readSome(second)?.toString() ?? '';
      await new Promise(setImmediate);
    }
  });
});

/** Waits until no write is in progress: the last one failed because the pipe is full. */
async function untilFull(output: LogOutput): Promise<void> {
  while (output.isWriting) await new Promise(setImmediate);
}

/** The current content of a pipe, up to 64 KiB; null if it is empty. */
function readSome(file: number): Buffer | null {
  const buffer = Buffer.alloc(65_536);
  try {
    const bytes = readSync(file, buffer);
    return bytes === 0 ? null : buffer.subarray(0, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}
