import type { Socket } from 'node:net';

/** Lets a stream end only if nobody wants it to stay; else says so, and it stays until it is destroyed. */
export function endUnless(stays: () => boolean, stream: Socket, onStay: () => void): void {
  // `ws` ends the stream once both close frames have passed, and has no setting against it.
  const end: () => Socket = stream.end.bind(stream);
  stream.end = () => {
    if (!stays()) return end();
    onStay();
    return stream;
  };
}
