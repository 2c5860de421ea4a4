/** The value that this part of the samples does not exceed; NaN without samples. */
export const quantile = (samples: readonly number[], part: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

export const p50 = (samples: readonly number[]): number => quantile(samples, 0.5);

export const inMs = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;

/** ms that it takes. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
