import * as vscode from 'vscode';
import { z } from 'zod';
import { RunId } from '../../../shared/ids.ts';
import { BlobHash } from '../../../shared/run/artifacts.ts';
import { withApplied, type Whole } from './applied-rounds.ts';

const key = 'longhaul.appliedRounds';
const Kept = z.record(z.string(), z.int().positive());

/** A result of which something was written into a working tree. */
const Application = z.object({
  run: RunId,
  number: z.int(),
  title: z.string(),
  round: z.int().positive(),
  /** Of the round. */
  patch: BlobHash,
  /** Absolute path of the work tree. */
  root: z.string(),
});
export type Application = Readonly<z.infer<typeof Application>>;

const applicationsKey = 'longhaul.applications';
/** More than anybody leaves uncommitted. */
const keptApplications = 50;

/**
 * Results that were applied from this editor, in any window: as a whole, so that they need nobody, though nobody has given a verdict; and, in whole or
 * in part, into a working tree.
 */
export class AppliedRounds implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #kept: vscode.Memento;

  constructor(kept: vscode.Memento) {
    this.#kept = kept;
  }

  has({ run, round }: Whole): boolean {
    return this.#all()[run] === round;
  }

  note(whole: Whole): void {
    this.#put(withApplied(this.#all(), whole));
  }

  /** What was written into working trees, the last one last. */
  applications(): readonly Application[] {
    return z.array(Application).safeParse(this.#kept.get(applicationsKey)).data ?? [];
  }

  wrote(application: Application): void {
    const others = this.applications().filter(({ run }) => run !== application.run);
    void this.#kept.update(applicationsKey, [...others, application].slice(-keptApplications));
    this.#changed.fire();
  }

  /** Its last application was taken back. */
  takenBack(run: string): void {
    void this.#kept.update(
      applicationsKey,
      this.applications().filter((one) => one.run !== run),
    );
    const { [run]: _gone, ...others } = this.#all();
    this.#put(others);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #put(all: Readonly<Record<string, number>>): void {
    void this.#kept.update(key, all);
    this.#changed.fire();
  }

  #all(): Readonly<Record<string, number>> {
    return Kept.safeParse(this.#kept.get(key)).data ?? {};
  }
}
