import type { Wire } from './wire';

/**
 * Ends TCP with a reset, as a power cut or a crash does. In the middle of an orderly end it is destroyed instead: there, Node
 * cannot reset it, and would never say that it is closed.
 */
export function reset({ stream, tcp }: Wire): void {
  if (stream.writableEnded) tcp.destroy();
  else tcp.resetAndDestroy();
}
