import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import type { GitHubEventKind } from '../../../shared/recipe/trigger.ts';
import type { ChangeSet } from '../../../shared/run/artifacts.ts';
import type { Sighting } from '../../../shared/run/command.ts';
import type { CheckReport } from '../../../shared/review/check-report.ts';
import type { Effect, EffectResult, OutputEffect, Reply } from '../../../shared/run/effect.ts';
import type { Subject } from '../../../shared/run/output.ts';

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

/** When to stop; what is under way then may have come about. */
interface Stoppable {
  readonly signal: AbortSignal;
}

export interface BranchGiven extends Stoppable {
  /** A line of its own in the commit's message: by it an earlier attempt's is known again. */
  readonly trailer: string;
  readonly changes: ChangeSet;
  readonly read: (hash: string) => Promise<Buffer>;
}

export interface SayGiven extends Stoppable {
  /** What nothing else there has: it is not seen, and by it an earlier attempt's is known again. */
  readonly mark: string;
  /** Markdown. */
  readonly body: string;
  /** No sooner than then was it made. ISO 8601. */
  readonly since: string;
}

interface ReplyGiven extends Omit<SayGiven, 'body'> {
  readonly replies: readonly Reply[];
}

interface CheckGiven extends Pick<SayGiven, 'mark' | 'signal'> {
  readonly report: CheckReport;
}

interface LookGiven extends Stoppable {
  readonly number: number;
  /** Requests for changes up to the one of this number are known. */
  readonly reviewed: number;
  /** What checks that failed say is wanted. */
  readonly whyFailed: boolean;
}

/** What there is of a pull request now. `request`: what is wanted since `reviewed`; null: nothing is. */
export type Look = Omit<Extract<Sighting, { outcome: 'seen' }>, 'outcome'>;

/** What an issue or a pull request says, as whoever opened it wrote it, and which of the two it is, whatever it was named. */
export interface SubjectText {
  readonly kind: Subject['kind'];
  readonly event: Pick<OutsideEvent, 'subject' | 'actor' | 'url' | 'title' | 'text'>;
}

/** Numbers of a review and of its pull request. */
interface ReviewOf {
  readonly pullRequest: number;
  readonly review: number;
}

/** The branch of a pull request that a run can go on with, or why none can: a sentence. */
export type BranchOfPullRequest =
  | { readonly outcome: 'branch'; readonly branch: string }
  | { readonly outcome: 'refused'; readonly why: string };

/**
 * A server that keeps one repository with its pull requests and issues. What it makes it looks for first, and adopts what an earlier attempt left. All of
 * it throws Trouble, and EffectTrouble where another attempt may come about.
 */
export interface Forge {
  readonly name: 'GitHub' | 'GitLab';
  /** Its repository in the address of something there, such as `https://github.com/acme/shop`; `number`: of an issue or a pull request. */
  readonly addressOf: (repository: string, on: Pick<Subject, 'kind' | 'number'>) => string;
  readonly publishBranch: (effect: Of<'branch'>, given: BranchGiven) => Promise<EffectResult>;
  /** Opens it, or brings the one that is open from this branch up to date. `body`: Markdown. */
  readonly publishPullRequest: (
    effect: Of<'pull request'>,
    given: Stoppable & { readonly body: string },
  ) => Promise<EffectResult>;
  /** A comment on a pull request. */
  readonly comment: (number: number, given: SayGiven) => Promise<EffectResult>;
  /** Answers to remarks in a pull request, each where it stands. Null: remarks there are not known by a number. */
  readonly reply: ((number: number, given: ReplyGiven) => Promise<EffectResult>) | null;
  /** A check of a commit with what verification came to. Null: it takes none from this runner. */
  readonly check: ((head: string, given: CheckGiven) => Promise<EffectResult>) | null;
  readonly say: (effect: OutputEffect, given: SayGiven) => Promise<EffectResult>;
  /** What others than those who may write say, and what bots do, counts for nothing. */
  readonly look: (given: LookGiven) => Promise<Look>;
  readonly subject: (on: Pick<Subject, 'kind' | 'number'>, signal: AbortSignal) => Promise<SubjectText>;
  /** Whether somebody may write to the repository, as it says now; of whom it does not say it, no. */
  readonly mayWrite: (login: string, signal: AbortSignal) => Promise<boolean>;
  readonly branchOf: (pullRequest: number, signal: AbortSignal) => Promise<BranchOfPullRequest>;
  /** What a review of a pull request remarks on lines, as data; empty: nothing. Null: it tells of no reviews. */
  readonly remarksOf: ((on: ReviewOf, signal: AbortSignal) => Promise<string>) | null;
  /** What it never tells of, though a trigger can wait for it. */
  readonly untold: readonly GitHubEventKind[];
  /** What the checks of a commit that failed said, as data; empty: none did. */
  readonly failureAt: (commit: string, signal: AbortSignal) => Promise<string>;
}
