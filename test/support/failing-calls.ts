import { once } from 'node:events';
import { createServer } from 'node:net';
import { constants } from 'node:os';

type Code = keyof typeof constants.errno;

/** The request object that Node passes to an asynchronous call. */
interface Request {
  oncomplete(status: number, ...rest: unknown[]): void;
}

type Call = (this: unknown, request: Request, ...rest: unknown[]) => number;

type Handle = Record<string, Call>;

/** Replaces the native calls of Node's TCP sockets, so that they can fail, be delayed or be watched. */
export class SystemCalls {
  private readonly undo: (() => void)[] = [];

  private constructor(private readonly handle: Handle) {}

  static async find(): Promise<SystemCalls> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { _handle } = server as unknown as { _handle: Handle };
    server.close();
    return new SystemCalls(_handle);
  }

  /** From now on the call fails synchronously. */
  failAtOnce(name: string, code: Code): void {
    this.replace(name, () => () => -constants.errno[code]);
  }

  /** From now on the call starts without an error, and fails later. */
  failLate(name: string, code: Code): void {
    this.replace(
      name,
      () =>
        function (request) {
          setImmediate(() => request.oncomplete(-constants.errno[code], this, request, true, true));
          return 0;
        },
    );
  }

  /** From now on each call is reported with its arguments. */
  watch(name: string, seen: (...given: unknown[]) => void): void {
    this.replace(
      name,
      (original) =>
        function (request, ...rest) {
          seen(request, ...rest);
          return original.call(this, request, ...rest);
        },
    );
  }

  /** From now on connecting to an address takes this many milliseconds longer; with Infinity there is no answer. */
  delayConnect(delays: Record<string, number>): void {
    this.replace(
      'connect',
      (original) =>
        function (request, ...rest) {
          const delay = delays[String(rest[0])] ?? 0;
          if (delay !== Infinity) setTimeout(() => original.call(this, request, ...rest), delay);
          return 0;
        },
    );
  }

  restore(): void {
    for (const restore of this.undo.splice(0).reverse()) restore();
  }

  private replace(name: string, replacement: (original: Call) => Call): void {
    let owner = Object.getPrototypeOf(this.handle) as Handle;
    while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as Handle;
    const original = owner[name];
    if (!original) throw new Error(`there is no call ${name}`);
    owner[name] = replacement(original);
    this.undo.push(() => (owner[name] = original));
  }
}
