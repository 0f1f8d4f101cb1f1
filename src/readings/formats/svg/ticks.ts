/** Where an axis has marks, and what is written at them. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/**
 * Round values from `low` to `high`: multiples of 1, 2 or 5 times a power of ten, about `count` of them.
 * @param high greater than `low`
 */
export function ticksBetween(low: number, high: number, count: number): Tick[] {
  const step = stepFor((high - low) / count);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return Array.from({ length: last - first + 1 }, (_, n) => {
    const value = (first + n) * step;
    return { value, label: labelOf(value, decimals) };
  });
}

/** The least step of that kind that is not below `least`. */
function stepFor(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10) * power;
}

function labelOf(value: number, decimals: number): string {
  if (decimals > 5 || Math.abs(value) >= 1e7) return value === 0 ? '0' : String(Number(value.toPrecision(6)));
  return (value + 0).toFixed(decimals).replace(/^-(0(?:\.0*)?)$/, '$1');
}
