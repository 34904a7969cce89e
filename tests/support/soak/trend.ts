/** Whether a series of measurements goes up, by a slope that single outliers do not move. */

export type Sample = { readonly at: number; readonly value: number };

/** The median of the slopes between all pairs of samples (Theil-Sen), in values per unit of `at`. */
export function slopeOf(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((earlier, index) =>
    samples
      .slice(index + 1)
      .filter(({ at }) => at > earlier.at)
      .map((later) => (later.value - earlier.value) / (later.at - earlier.at)),
  );
  return medianOf(slopes);
}

/** By how much the values grow from the first sample to the last, as the slope has it. */
export function growthOf(samples: readonly Sample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || samples.length < 3) throw new Error("too few samples");
  return slopeOf(samples) * (last.at - first.at);
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
}
