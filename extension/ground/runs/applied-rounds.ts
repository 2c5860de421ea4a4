/** A round of a run of which all was applied. */
export interface Whole {
  readonly run: string;
  readonly round: number;
}

/** More results than anybody leaves without a verdict. */
const keptRuns = 500;

/** By run the round that was applied as a whole, the last ones; one that is named again is the last. */
export const withApplied = (
  before: Readonly<Record<string, number>>,
  { run, round }: Whole,
): Readonly<Record<string, number>> => {
  const { [run]: _before, ...others } = before;
  return Object.fromEntries([...Object.entries(others), [run, round] as const].slice(-keptRuns));
};
