import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ReviewFile } from '../../../shared/review/review-file.ts';
import type { Longhaul } from '../../ground/longhaul.ts';
import { say } from '../../ground/problem/offer.ts';
import { evidence } from '../../ground/text/text.ts';
import { addressOf, type DocumentAddress } from './address.ts';
import { contentFromPatch } from './content.ts';
import { choicesOf, choose, keepOnly, markReviewed, type Choices, type Chosen, type Verdict } from './choices.ts';
import type { Place } from './documents.ts';
import { loadRound, type ReviewRound } from './round.ts';
import { successorOf, type Successor } from './successor.ts';
import { reviewTitle, roundText } from './title.ts';

/** In the state of the workspace, under the name that it began with. */
const choicesKey = (run: string): string => `longhaul.review.decisions/${run}`;
const shownKey = 'longhaul.review.current';

const keptRounds = 10;

/** A document of a round that is not under review any more: changes were requested. */
export interface Superseded extends Place {
  readonly kind: 'superseded';
  readonly successor: Successor;
  /** Null: it is not known any more what changed in the document. */
  readonly file: ReviewFile | null;
  readonly side: 'before' | 'after';
}

/** A document of the round under review with the file that it belongs to. */
export interface Reviewed {
  readonly kind: 'reviewed';
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
  /** The round before the one that is ready: its diff may still be open. */
  readonly #past = new Map<string, ReviewRound>();
  /** Runs whose latest result is superseded by a round that is under way. */
  readonly #superseded = new Set<string>();
  readonly #known = new Map<string, Choices>();
  /** What was chosen before all of it was accepted or rejected, for as long as this window is open. */
  readonly #beforeAll = new Map<string, Choices>();
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
    this.#longhaul.unseen.see(run);
    this.#changed.fire(run);
    return round;
  }

  /** Names a round of a run, for tabs, the view and every dialog. */
  title({ run, round }: Pick<ReviewRound, 'run' | 'round'>): string {
    const state = this.#longhaul.runs.get(run);
    return state === undefined ? `${run} (${roundText(round)})` : reviewTitle(state, round);
  }

  /** What is on record of the checks of a result: `2 of 2 checks pass`, or that none ran. */
  checks({ run }: Pick<ReviewRound, 'run'>): string {
    const state = this.#longhaul.runs.get(run);
    return (state && evidence(state)) ?? t('no check ran');
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
        const before = this.#ready.get(run);
        if (before !== undefined && before.round < round.round) this.#past.set(run, before);
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
      this.#past.delete(run);
      this.#known.delete(run);
    }
  }

  /** What was loaded already. */
  loaded(run: string): ReviewRound | undefined {
    return this.#ready.get(run);
  }

  /** The content of an added or deleted file of the result under review; null: it is to be read as a blob. */
  atHand({ run, path, side, content }: DocumentAddress): Uint8Array | null {
    const file = this.#ready.get(run)?.byPath.get(path);
    return file !== undefined && 'blob' in content && file.file[side]?.blob === content.blob
      ? contentFromPatch(file)
      : null;
  }

  choices(run: string): Choices {
    const found = this.#known.get(run);
    if (found !== undefined) return found;
    const { choices, forgotten } = choicesOf(this.#longhaul.extension.workspaceState.get(choicesKey(run)));
    if (forgotten) this.#tellForgotten(run);
    this.#known.set(run, choices);
    return choices;
  }

  async choose(
    round: ReviewRound,
    files: readonly ReviewFile[],
    what: { readonly unit: Chosen; readonly verdict: Verdict },
  ): Promise<void> {
    await this.#keep(round, choose(this.choices(round.run), files, what));
  }

  /** Chooses for all of a round at once; `undoAll` brings back what was chosen before. */
  async chooseAll(round: ReviewRound, verdict: Exclude<Verdict, 'undecided'>): Promise<void> {
    this.#beforeAll.set(round.run, this.choices(round.run));
    await this.choose(round, round.files, { unit: 'all', verdict });
  }

  /** False: there is nothing to bring back. */
  async undoAll(round: ReviewRound): Promise<boolean> {
    const before = this.#beforeAll.get(round.run);
    if (before === undefined) return false;
    this.#beforeAll.delete(round.run);
    await this.#keep(round, before);
    return true;
  }

  async markReviewed(round: ReviewRound, file: ReviewFile, reviewed: boolean): Promise<void> {
    await this.#keep(round, markReviewed(this.choices(round.run), file, reviewed));
  }

  /** What takes the place of a round; null: it is the one to decide about. */
  successor({ run, round }: Place): Successor | null {
    return successorOf(round, this.#ready.get(run)?.round ?? round, this.#longhaul.runs.get(run));
  }

  /** What a document is of that shows changes to decide about. Null: it shows none. */
  async reviewed(uri: vscode.Uri): Promise<Reviewed | Superseded | null> {
    const address = addressOf(uri);
    if (address === null || address.against === 'round') return null;
    // Before its first result a run has documents only of what it changed so far.
    if (this.#longhaul.runs.get(address.run)?.result === null) return null;
    const { run, side } = address;
    const rounds = [await this.load(run), this.#past.get(run)];
    const round = rounds.find((one) => one?.round === address.round);
    const file = round?.files.find((one) => shows(address, one)) ?? null;
    const successor = this.successor(address);
    if (successor !== null) return { kind: 'superseded', run, round: address.round, successor, file, side };
    return round === undefined || file === null ? null : { kind: 'reviewed', round, file, side };
  }

  #tellForgotten(run: string): void {
    const state = this.#longhaul.runs.get(run);
    const what = state === undefined ? run : `#${state.number} ${state.task.title}`;
    say(
      t(
        '{0}: what you had accepted and rejected with an earlier version of Longhaul is forgotten. Please choose anew.',
        what,
      ),
    );
    this.#longhaul.extension.workspaceState.update(choicesKey(run), {}).then(undefined, (error: unknown) => {
      this.#longhaul.log.warn(String(error));
    });
  }

  async #keep(round: ReviewRound, choices: Choices): Promise<void> {
    const kept = keepOnly(choices, round.files);
    this.#known.set(round.run, kept);
    this.#changed.fire(round.run);
    await this.#longhaul.extension.workspaceState.update(choicesKey(round.run), kept);
  }

  /** Another round begins or was finished while this one is open: what is under review is the latest result. */
  #follow(run: string): void {
    const shown = this.#ready.get(run);
    if (shown === undefined) return;
    const superseded = this.successor(shown) !== null;
    if (superseded !== this.#superseded.has(run)) {
      if (superseded) this.#superseded.add(run);
      else this.#superseded.delete(run);
      this.#changed.fire(run);
    }
    const result = this.#longhaul.runs.get(run)?.result;
    if (!result || result.patch === shown.changes.patch) return;
    this.#rounds.delete(run);
    this.load(run).then(
      () => this.#changed.fire(run),
      (error: unknown) => this.#longhaul.log.warn(`The new result of ${run} could not be read: ${String(error)}`),
    );
  }
}

/** Whether a document is of a version of a file. */
const shows = ({ path, side, content }: DocumentAddress, { path: known, file }: ReviewFile): boolean => {
  const version = file[side];
  if (content.as === 'nothing') return version === null && path === known;
  return version?.path === path && version.blob === content.blob;
};
