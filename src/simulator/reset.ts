import type { Socket } from 'node:net';

/**
 * Ends TCP with a reset, as a power cut or a crash does. In the middle of an orderly end it is destroyed instead: there, Node
 * cannot reset it, and would never say that it is closed.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
