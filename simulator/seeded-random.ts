/** Hashes numbers into one 32-bit seed, so that neighbours such as 41 and 42 give unrelated seeds. */
export function seedOf(...parts: readonly number[]): number {
  return parts.reduce((seed, part) => Math.imul(seed ^ part ^ (seed >>> 15), 0x9e3779b1) >>> 0, 0x811c9dc5);
}

/** Numbers in [0, 1) that are the same for the same seed on every machine (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
