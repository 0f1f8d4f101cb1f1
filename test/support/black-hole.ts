import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { urlOf } from './peers';
import type { Peer } from './peers';

// Listens, then blocks its event loop, so that it accepts nothing. It exits with its parent process.
const LISTENER = `
  const parent = process.ppid;
  const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    const nobody = new Int32Array(new SharedArrayBuffer(4));
    while (process.ppid === parent) Atomics.wait(nobody, 0, 0, 500);
    process.exit();
  });
`;

// On loopback, a connection is established at once or never.
const ANSWERED_WITHIN_MS = 500;
const MOST_FILLERS = 64;

/** A port where nothing answers: a connection is neither accepted nor refused, as behind a firewall that drops packets. */
export async function blackHole(): Promise<Peer> {
  const child = spawn(process.execPath, ['-e', LISTENER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const fillers: Socket[] = [];
  const close = async (): Promise<void> => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
    await ended;
  };

  try {
    const [output] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(output.toString());
    // The system itself accepts as many connections as its queue holds. The first that stays pending shows that the queue is full.
    let isFull = false;
    while (!isFull) {
      if (fillers.length === MOST_FILLERS) throw new Error('the queue of the black hole does not fill up');
      const filler = connect(port, '127.0.0.1').on('error', () => undefined);
      fillers.push(filler);
      isFull = !(await connects(filler));
    }
    return { url: urlOf(port), port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Whether a socket connects within `ANSWERED_WITHIN_MS`. Rejects if the connection fails. */
export async function connects(socket: Socket): Promise<boolean> {
  const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS);
  try {
    await once(socket, 'connect', { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
