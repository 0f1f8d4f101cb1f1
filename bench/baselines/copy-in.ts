import type { Connection, Submittable } from 'pg';

/** What `pg` has, and its types lack. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = Buffer.from([0xff, 0xff]);

/** A `COPY … FROM STDIN (FORMAT binary)` for `client.query`, with all its data in memory. */
export class CopyIn implements Submittable {
  readonly done: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  /** @param rows the rows, each as `copyRow` returns it */
  constructor(
    private readonly text: string,
    private readonly rows: readonly Buffer[],
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: Connection): void {
    connection.query(this.text);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(Buffer.concat([SIGNATURE, ...this.rows, END]));
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {
    // `handleReadyForQuery` follows, after the commit.
  }

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleError(error: unknown): void {
    this.reject(error);
  }
}

/** A row in the binary format: the number of fields, then each field behind its length. */
export function copyRow(fields: readonly Uint8Array[]): Buffer {
  const row = Buffer.allocUnsafe(fields.reduce((sum, field) => sum + 4 + field.length, 2));
  let end = row.writeInt16BE(fields.length, 0);
  for (const field of fields) {
    end = row.writeInt32BE(field.length, end);
    row.set(field, end);
    end += field.length;
  }
  return row;
}

export function int8(value: number): Buffer {
  const field = Buffer.allocUnsafe(8);
  field.writeBigInt64BE(BigInt(value));
  return field;
}

const EPOCH_MS = Date.UTC(2000, 0, 1);

/** @param at epoch milliseconds */
export function timestamptz(at: number): Buffer {
  return int8((at - EPOCH_MS) * 1000);
}
