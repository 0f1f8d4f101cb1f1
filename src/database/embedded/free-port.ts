import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ports that Linux (32768) and macOS (49152) give to outgoing connections: one of those could take the port while the
// server restarts, even a client's own attempt to reach it, and the server could not have it back.
const FIRST_PORT = 20_000;
const END_PORT = 32_000;
const ATTEMPTS = 50;

/**
 * Finds a port on 127.0.0.1 that nobody listens on. Somebody else may take it before it is used.
 *
 * @throws Error when 50 random ports are all taken.
 */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1 between ${FIRST_PORT} and ${END_PORT}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
