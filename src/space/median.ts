// Owns medians and quantiles: they hold although some of the values are wrong. Pure.

/** Sorted natively: thousands of medians of eight are most of what a forecast costs. */
export type Ascending = Readonly<Float64Array>;

export function ascending(values: readonly number[]): Ascending {
  return Float64Array.from(values).sort();
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
