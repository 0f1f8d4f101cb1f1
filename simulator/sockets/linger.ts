import type { Socket } from 'node:net';

/** Replaces `end` of a stream: while `stays` returns true, it calls `onStay` and leaves the stream open until it is destroyed. */
export function endUnless(stays: () => boolean, stream: Socket, onStay: () => void): void {
  // `ws` ends the stream after both close frames, and has no option to prevent it.
  const end: () => Socket = stream.end.bind(stream);
  stream.end = () => {
    if (!stays()) return end();
    onStay();
    return stream;
  };
}
