/**
 * Arranges bytes of values by their significance: first the lowest byte of each value, then the next one, and so on. The high bytes of
 * neighbours are alike, which deflate finds only if they are side by side.
 */
export function toPlanes(values: Uint8Array, width: number): Uint8Array {
  const length = values.length / width;
  const planes = new Uint8Array(values.length);
  for (let byte = 0; byte < width; byte += 1) {
    const start = byte * length;
    for (let index = 0; index < length; index += 1) planes[start + index] = values[index * width + byte] ?? 0;
  }
  return planes;
}

/**
 * The same of the low bytes of integers, or of the differences of neighbours, which wrap around at that width.
 * @param width bytes of each that are kept
 */
export function toIntegerPlanes(integers: Int32Array, width: 2 | 4, areDifferences: boolean): Uint8Array {
  const { length } = integers;
  const planes = new Uint8Array(length * width);
  let before = 0;
  for (let index = 0; index < length; index += 1) {
    const integer = integers[index] ?? 0;
    const value = areDifferences ? (integer - before) | 0 : integer;
    before = integer;
    planes[index] = value;
    planes[length + index] = value >> 8;
    if (width === 2) continue;
    planes[2 * length + index] = value >> 16;
    planes[3 * length + index] = value >> 24;
  }
  return planes;
}

/** Undoes `toPlanes`. */
export function fromPlanes(planes: Uint8Array, width: number): Uint8Array {
  const length = planes.length / width;
  const values = new Uint8Array(planes.length);
  for (let byte = 0; byte < width; byte += 1) {
    const start = byte * length;
    for (let index = 0; index < length; index += 1) values[index * width + byte] = planes[start + index] ?? 0;
  }
  return values;
}
