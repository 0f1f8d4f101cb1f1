import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the ephemeral ports of Linux (from 32768) and macOS (from 49152). An outgoing connection, even a client's attempt to reach the
// server, could otherwise take the port while the server restarts.
const FIRST_PORT = 20_000;
const END_PORT = 32_000;
const ATTEMPTS = 50;

/**
 * Finds a port on 127.0.0.1 without a listener. Another process may take it before it is used.
 *
 * @throws Error if 50 random ports are all taken.
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
