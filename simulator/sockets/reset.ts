import type { Wire } from './wire';

/**
 * Ends TCP with a reset, as a power cut or a crash does. If an orderly end is already under way, the socket is destroyed instead:
 * Node cannot reset it then, and would never emit `close`.
 */
export function reset({ stream, tcp }: Wire): void {
  if (stream.writableEnded) tcp.destroy();
  else tcp.resetAndDestroy();
}
