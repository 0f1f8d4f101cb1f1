import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { urlOf } from '../../support/peers';
import type { Peer } from '../../support/peers';

/** The frames that cost the service most before it had limits. */
export const HOSTILE_FRAMES = ['objects', 'deep', 'nan', 'quotes', 'text'] as const;

/**
 * A gateway in its own process that sends one large frame repeatedly.
 * @param bytes size of the frame
 * @param moment whether it starts before it has answered a login, or after
 */
export async function hostileGateway(
  frame: (typeof HOSTILE_FRAMES)[number],
  bytes: number,
  moment: 'before' | 'after',
): Promise<Peer> {
  const script = join(__dirname, 'hostile-frames.cjs');
  const child = spawn(process.execPath, [script, frame, `${bytes}`, moment], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const [output] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(output.toString());
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url: urlOf(port), port, close };
}
