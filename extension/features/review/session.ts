import * as vscode from 'vscode';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { addressOf, type DocumentAddress } from './address.ts';
import { contentFromPatch } from './content.ts';
import { Choices, choose, keepOnly, markReviewed, type Unit, type Verdict } from './choices.ts';
import { loadRound, type ReviewRound } from './round.ts';
import { reviewTitle } from './title.ts';

/** In the state of the workspace, under the name that it began with. */
const choicesKey = (run: string): string => `longhaul.review.decisions/${run}`;
const shownKey = 'longhaul.review.current';

const keptRounds = 10;

/** A review document with the file that it belongs to. */
export interface Reviewed {
  readonly round: ReviewRound;
  readonly file: ReviewFile;
  readonly side: 'before' | 'after';
}

/** What is under review and what a person chose of it. That is kept in the workspace, so that a reload loses nothing. */
export class ReviewSession implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<string>();
  /** The run whose result, or what was chosen of it, changed. */
  readonly onDidChange = this.#changed.event;
  readonly #longhaul: Longhaul;
  readonly #rounds = new Map<string, Promise<ReviewRound>>();
  readonly #ready = new Map<string, ReviewRound>();
  readonly #known = new Map<string, Choices>();
  readonly #subscription: vscode.Disposable;

  constructor(longhaul: Longhaul) {
    this.#longhaul = longhaul;
    this.#subscription = longhaul.runs.onDidChange((runs) => {
      for (const run of runs) this.#follow(run);
    });
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  /** The run that the view Review shows: the one of the last review that was in front. */
  get shown(): string | undefined {
    return this.#longhaul.extension.workspaceState.get<string>(shownKey);
  }

  /** Reads a run's latest result anew, and shows it in the view. Throws as the connection does. */
  async open(run: string): Promise<ReviewRound> {
    this.#rounds.delete(run);
    const round = await this.load(run);
    await this.#longhaul.extension.workspaceState.update(shownKey, run);
    this.#changed.fire(run);
    return round;
  }

  /** Names a round of a run, for tabs, the view and every dialog. */
  title({ run, round }: Pick<ReviewRound, 'run' | 'round'>): string {
    const state = this.#longhaul.runs.get(run);
    return state === undefined ? `${run} (round ${round})` : reviewTitle(state, round);
  }

  /** Shows in the view what is in front. */
  async show(run: string): Promise<void> {
    if (run === this.shown) return;
    await this.#longhaul.extension.workspaceState.update(shownKey, run);
    this.#changed.fire(run);
  }

  /** The result under review: read once, and again when there is another one. Throws as the connection does. */
  load(run: string): Promise<ReviewRound> {
    const found = this.#rounds.get(run);
    if (found !== undefined) return found;
    const loading = loadRound(this.#longhaul.connection, run).then(
      (round) => {
        this.#ready.delete(run);
        this.#ready.set(run, round);
        this.#forgetOldest();
        return round;
      },
      (error: unknown) => {
        this.#rounds.delete(run);
        throw error;
      },
    );
    this.#rounds.set(run, loading);
    return loading;
  }

  /** Rounds hold a patch each: only the last ones that were looked at are kept, and are read again when they are wanted. */
  #forgetOldest(): void {
    for (const run of this.#ready.keys()) {
      if (this.#ready.size <= keptRounds) return;
      if (run === this.shown) continue;
      this.#ready.delete(run);
      this.#rounds.delete(run);
      this.#known.delete(run);
    }
  }

  /** What was loaded already. */
  loaded(run: string): ReviewRound | undefined {
    return this.#ready.get(run);
  }

  /** The content of an added or deleted file of the result under review; null: it is to be read as a blob. */
  atHand({ run, path, side, blob }: DocumentAddress): Uint8Array | null {
    const file = this.#ready.get(run)?.byPath.get(path);
    return file?.file[side]?.blob === blob ? contentFromPatch(file) : null;
  }

  choices(run: string): Choices {
    const found = this.#known.get(run);
    if (found !== undefined) return found;
    const stored = Choices.safeParse(this.#longhaul.extension.workspaceState.get(choicesKey(run)) ?? {});
    const choices = stored.success ? stored.data : {};
    this.#known.set(run, choices);
    return choices;
  }

  async choose(
    round: ReviewRound,
    files: readonly ReviewFile[],
    what: { readonly unit: Unit; readonly verdict: Verdict },
  ): Promise<void> {
    await this.#keep(round, choose(this.choices(round.run), files, what));
  }

  async markReviewed(round: ReviewRound, file: ReviewFile, reviewed: boolean): Promise<void> {
    await this.#keep(round, markReviewed(this.choices(round.run), file, reviewed));
  }

  /** The file that a document shows, if its round is the one under review. */
  async reviewed(uri: vscode.Uri): Promise<Reviewed | null> {
    const address = addressOf(uri);
    // Before its first result a run has documents only of what it changed so far.
    if (address === null || this.#longhaul.runs.get(address.run)?.result === null) return null;
    const round = await this.load(address.run);
    const file = round.files.find(({ file }) => {
      const version = file[address.side];
      return version?.path === address.path && version.blob === address.blob;
    });
    return file === undefined ? null : { round, file, side: address.side };
  }

  async #keep(round: ReviewRound, choices: Choices): Promise<void> {
    const kept = keepOnly(choices, round.files);
    this.#known.set(round.run, kept);
    this.#changed.fire(round.run);
    await this.#longhaul.extension.workspaceState.update(choicesKey(round.run), kept);
  }

  /** Another round was finished while this one is open: what is under review is the latest result. */
  #follow(run: string): void {
    const shown = this.#ready.get(run);
    const result = this.#longhaul.runs.get(run)?.result;
    if (shown === undefined || !result || result.patch === shown.changes.patch) return;
    this.#rounds.delete(run);
    this.load(run).then(
      () => this.#changed.fire(run),
      (error: unknown) => this.#longhaul.log.warn(`The new result of ${run} could not be read: ${String(error)}`),
    );
  }
}
