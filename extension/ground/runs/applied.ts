import * as vscode from 'vscode';
import { z } from 'zod';
import { withApplied, type Whole } from './applied-rounds.ts';

const key = 'longhaul.appliedRounds';
const Kept = z.record(z.string(), z.int().positive());

/** Results that were applied as a whole from this editor, in any window: they need nobody, though nobody has given a verdict. */
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

  /** Its last application was taken back. */
  takenBack(run: string): void {
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
