/** What a runner says of itself. */
export interface RunnerInfo {
  readonly version: string;
  /** Where its home is and which process it is: null for whoever does not administer it on its own machine. */
  readonly place: { readonly home: string; readonly pid: number } | null;
  readonly startedAt: string;
  readonly engine: string;
  /** What of the engine does not work as it should, a sentence each; for admins. */
  readonly troubles: readonly string[];
  readonly store: string;
  readonly model: { readonly name: string; readonly api: string; readonly endpoint: string; readonly key: boolean };
  readonly runs: {
    readonly working: number;
    readonly queued: number;
    readonly waiting: number;
    readonly reviewing: number;
  };
}
