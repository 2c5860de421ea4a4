/** Lines of one file, from 1, that were seen to run, and that were seen to be left out. */
export interface LinesSeen {
  readonly run: ReadonlySet<number>;
  readonly missed: ReadonlySet<number>;
}

/** What several processes and reports tell of files, laid over one another. */
export class Seen {
  readonly #files = new Map<string, { readonly run: Set<number>; readonly missed: Set<number> }>();

  add(path: string, { run, missed }: LinesSeen): void {
    const known = this.#files.get(path) ?? { run: new Set(), missed: new Set() };
    this.#files.set(path, known);
    for (const line of run) known.run.add(line);
    for (const line of missed) known.missed.add(line);
  }

  /** Takes back what was said to be left out of a file: something ran of it that nobody counted. */
  doubt(path: string): void {
    this.#files.get(path)?.missed.clear();
  }

  doubtAll(): void {
    for (const { missed } of this.#files.values()) missed.clear();
  }

  addAll(other: Seen): void {
    for (const [path, lines] of other.#files) this.add(path, lines);
  }

  /** A line that one of them ran was run. */
  of(path: string): LinesSeen {
    const { run = new Set<number>(), missed = new Set<number>() } = this.#files.get(path) ?? {};
    return { run, missed: new Set([...missed].filter((line) => !run.has(line))) };
  }
}
