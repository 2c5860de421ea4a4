import * as vscode from 'vscode';
import type { LineChange } from '../../../shared/review/patch.ts';
import { createStory } from '../../../shared/run/story/story.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { checksText } from '../../ground/text/text.ts';
import { authorOf, writesOf, type Author } from '../../../shared/review/authors.ts';

/** Runs whose logs are kept at hand. */
const keptRuns = 10;

/** Which call wrote what, by the logs of the runs under review; each is read when its changes are looked at first. */
export class RunAuthors implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #runs: Longhaul['runs'];
  readonly #known = new Map<string, ReturnType<typeof writesOf>>();
  readonly #following = new Map<string, { dispose(): void }>();

  constructor({ runs }: Pick<Longhaul, 'runs'>) {
    this.#runs = runs;
  }

  /** Null: no call can be told to have made the change, or the log is not here yet. */
  of(run: string, path: string, change: LineChange): Author | null {
    return authorOf(this.#writes(run), path, change);
  }

  /** What is on record of the checks of a run's result. */
  checks(run: string): string {
    return checksText(this.#runs.get(run));
  }

  dispose(): void {
    for (const following of this.#following.values()) following.dispose();
    this.#changed.dispose();
  }

  #writes(run: string): ReturnType<typeof writesOf> {
    const found = this.#known.get(run);
    if (found !== undefined) return found;
    const story = createStory();
    this.#known.set(run, []);
    const following = this.#runs.follow(run, (events) => {
      for (const event of events) story.add(event);
      this.#known.set(run, writesOf(story.moments));
      this.#changed.fire();
    });
    this.#following.set(run, following);
    this.#forgetOldest();
    return this.#known.get(run) ?? [];
  }

  #forgetOldest(): void {
    const [oldest] = this.#following.keys();
    if (this.#following.size <= keptRuns || oldest === undefined) return;
    this.#following.get(oldest)?.dispose();
    this.#following.delete(oldest);
    this.#known.delete(oldest);
  }
}
