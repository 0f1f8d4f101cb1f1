import fs from 'node:fs';

type Write = (file: number, text: string, ...rest: unknown[]) => void;

/**
 * Passes the log of this process, which Pino writes to stdout with `fs.write`, to `onText` instead of the terminal, until mocks are
 * restored.
 */
export function captureLog(onText: (text: string) => void): void {
  const write = fs.write as Write;
  const capture: Write = (file, text, ...rest) => {
    if (file !== process.stdout.fd) return write(file, text, ...rest);
    onText(text);
    const done = rest.at(-1) as (error: null, bytes: number) => void;
    process.nextTick(done, null, Buffer.byteLength(text));
  };
  jest.spyOn(fs, 'write').mockImplementation(capture);
}
