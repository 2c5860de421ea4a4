/** What the command of a run's worker has printed so far. */
interface LiveOutput {
  readonly activation: string;
  readonly order: number;
  readonly output: string;
}

/** More runs than work at once. */
const mostRuns = 1000;

/**
 * What commands that still run have printed, as their workers told it last: in memory alone. It is for whoever looks on; what a command has
 * printed in the end is in the log.
 */
export class LiveOutputs {
  readonly #of = new Map<string, LiveOutput>();

  /** `order`: of what one activation tells, the highest is the newest, however it arrives. Null: no command runs. */
  tell(run: string, { output, ...from }: Omit<LiveOutput, 'output'> & { readonly output: string | null }): void {
    const before = this.#of.get(run);
    if (before?.activation === from.activation && before.order >= from.order) return;
    this.#of.delete(run);
    this.#of.set(run, { ...from, output: output ?? '' });
    for (const oldest of this.#of.keys()) {
      if (this.#of.size <= mostRuns) break;
      this.#of.delete(oldest);
    }
  }

  /** Null: nobody has told anything, or it was a worker that does not have the run any more. */
  of(run: string, activation: string): string | null {
    const known = this.#of.get(run);
    return known === undefined || known.activation !== activation || known.output === '' ? null : known.output;
  }

  /** The worker has left. */
  forget(run: string): void {
    this.#of.delete(run);
  }
}
