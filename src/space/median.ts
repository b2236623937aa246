// Owns medians and quantiles: they hold although some of the values are wrong. Pure.

export type Ascending = Readonly<ArrayLike<number>>;

/** Thousands of medians of eight are most of what a forecast costs: so few are sorted faster by hand than natively. */
const FEW = 32;

export function ascending(values: readonly number[]): Ascending {
  // What is no number comes last: that is left to the native sort.
  if (values.length > FEW || values.some(Number.isNaN)) return Float64Array.from(values).sort();
  const sorted = values.slice();
  for (let i = 1; i < sorted.length; i += 1) {
    const value = sorted[i] as number;
    let at = i;
    for (; at > 0 && (sorted[at - 1] as number) > value; at -= 1) sorted[at] = sorted[at - 1] as number;
    sorted[at] = value;
  }
  return sorted;
}

/** NaN: there are no values. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  return (quantile(sorted, 0.5, Math.floor) + quantile(sorted, 0.5, Math.ceil)) / 2;
}

/** Of two in the middle the smaller one, so that half of the values may be too high and it is still one of the others. */
export function lowerMedian(values: readonly number[]): number {
  return quantile(ascending(values), 0.5, Math.floor);
}

/** One of the values, which are in ascending order; the rank between two of them is rounded. NaN: there are none. */
export function quantile(sorted: Ascending, part: number, round: (rank: number) => number): number {
  return sorted[round(part * (sorted.length - 1))] ?? Number.NaN;
}
