/** Statistics of the samples of one axis, in their unit. The mean is removed before the others are computed. */
export interface AxisStatistics {
  readonly mean: number;
  readonly rms: number;
  /** The largest distance from the mean. */
  readonly peak: number;
  readonly peakToPeak: number;
  /** Peak by RMS; null if all samples are equal. */
  readonly crest: number | null;
  /** Fourth moment by the square of the variance, 3 for a normal distribution; null if all samples are equal. */
  readonly kurtosis: number | null;
}

/**
 * Computes the statistics of finite samples. A large offset costs no precision, and samples of any size are handled, because they are
 * taken relative to the first one and in units of their range.
 * @throws RangeError if there are no samples
 */
export function statisticsOf(samples: Float64Array): AxisStatistics {
  const { length } = samples;
  const [first] = samples;
  if (first === undefined) throw new RangeError('there are no samples');
  const { least, greatest, sum } = firstPass(samples, first);
  const range = greatest - least;
  const roughMean = first + sum / length;
  if (range === 0) return { mean: first, rms: 0, peak: 0, peakToPeak: 0, crest: null, kurtosis: null };

  const { rest, square, fourth } = secondPass(samples, roughMean, range);
  // `rest` is what rounding left of the mean.
  const mean = roughMean + rest * range;
  const variance = square - rest * rest;
  const peak = Math.max(greatest - mean, mean - least);
  const rms = Math.sqrt(variance) * range;
  return { mean, rms, peak, peakToPeak: range, crest: peak / rms, kurtosis: fourth / (variance * variance) };
}

function firstPass(samples: Float64Array, first: number): { least: number; greatest: number; sum: number } {
  let [least, greatest, sum] = [first, first, 0];
  const { length } = samples;
  // By index: an iterator takes several times as long.
  for (let index = 0; index < length; index += 1) {
    const sample = samples[index] ?? NaN;
    if (sample < least) least = sample;
    if (sample > greatest) greatest = sample;
    sum += sample - first;
  }
  return { least, greatest, sum };
}

/** Mean, mean square and mean fourth power of the distances from `centre`, in units of `range`. */
function secondPass(
  samples: Float64Array,
  centre: number,
  range: number,
): { rest: number; square: number; fourth: number } {
  const { length } = samples;
  let [rest, square, fourth] = [0, 0, 0];
  for (let index = 0; index < length; index += 1) {
    const sample = samples[index] ?? NaN;
    const distance = (sample - centre) / range;
    const squared = distance * distance;
    rest += distance;
    square += squared;
    fourth += squared * squared;
  }
  return { rest: rest / length, square: square / length, fourth: fourth / length };
}
