import { z } from 'zod';
import { GitObject } from '../ids.ts';
import { BlobHash } from './artifacts.ts';
import { Label, Subject } from './output.ts';
import { RemoteRef, RemoteUrl } from './source.ts';

/** A branch to be made, by its short name: what reads as something else would be made under that name all the same. */
export const NewBranch = RemoteRef.refine((name) => name !== 'HEAD' && name !== '@' && !name.startsWith('refs/'), {
  message: 'expected the short name of a branch, such as fix/parser',
});

/** Of a pull request: one line. */
const Title = z.string().trim().min(1).max(250);

/** How many rounds the checks of a pull request that fail may begin. */
export const CiRepairs = z.int().min(0).max(10);

/** The issue or the pull request of `remote` that it is said on. */
const on = Subject.pick({ kind: true, number: true });

/** Answers to remarks in a pull request. `to`: as its forge counts them; `text`: Markdown; `resolve`: their thread is to count as settled. */
export const Replies = z
  .array(
    z.strictObject({ to: z.int().positive(), text: z.string().min(1).max(2_000), resolve: z.boolean().default(false) }),
  )
  .max(100);
export type Reply = Readonly<z.infer<typeof Replies>[number]>;

/** Where the result of a round is said, and no diff: each is all that is published of it. */
const outputs = [
  z.strictObject({
    kind: z.literal('answer'),
    remote: RemoteUrl,
    on,
    /** Markdown; a blob. */
    body: BlobHash,
  }),
  z.strictObject({ kind: z.literal('labels'), remote: RemoteUrl, on, labels: z.array(Label).min(1) }),
  z.strictObject({ kind: z.literal('issue'), remote: RemoteUrl, title: Title, body: BlobHash }),
  /** As a draft, which a person publishes. */
  z.strictObject({ kind: z.literal('release'), remote: RemoteUrl, tag: RemoteRef, title: Title, body: BlobHash }),
] as const;

/**
 * A change to the world outside, made by the control plane alone. All that it is to be like is in it: what it comes to is the same however
 * often it is begun.
 */
export const Effect = z.discriminatedUnion('kind', [
  /** The result of a round as a commit on a branch of a remote. */
  z.strictObject({
    kind: z.literal('branch'),
    remote: RemoteUrl,
    branch: RemoteRef,
    /** The commit whose tree the result changes. */
    base: GitObject,
    /** What the branch has been so far, which a round before this one made; null: there is no such branch yet. */
    onTop: GitObject.nullable(),
    /** What the result was merged with that the branch does not have yet: another parent of its commit. Absent: nothing. */
    merges: GitObject.exactOptional(),
    /** Of the result: what is published is what was shown. */
    patch: BlobHash,
    message: z.string().min(1).max(10_000),
  }),
  z.strictObject({
    kind: z.literal('pull request'),
    remote: RemoteUrl,
    branch: RemoteRef,
    /** The branch that it is to be merged into. */
    into: RemoteRef,
    title: Title,
    /** Markdown, at most 65,536 characters; a blob. */
    body: BlobHash,
    draft: z.boolean(),
    ciRepairs: CiRepairs,
  }),
  /** What is said to whoever follows the run's pull request, once it has this round. */
  z.strictObject({
    kind: z.literal('comment'),
    remote: RemoteUrl,
    branch: RemoteRef,
    /** Markdown; a blob. */
    body: BlobHash,
  }),
  /** What is answered to remarks in the pull request, each where it stands. */
  z.strictObject({
    kind: z.literal('replies'),
    remote: RemoteUrl,
    branch: RemoteRef,
    replies: Replies.min(1),
  }),
  /** What Longhaul's own verification came to, as a check of the commit. */
  z.strictObject({
    kind: z.literal('check'),
    remote: RemoteUrl,
    branch: RemoteRef,
    /** A check report as JSON; a blob. */
    body: BlobHash,
  }),
  ...outputs,
]);
export type Effect = z.infer<typeof Effect>;

/** What says the result of a round, which is none of a branch. */
export type OutputEffect = z.infer<(typeof outputs)[number]>;
export const isOutputEffect = (effect: Effect): effect is OutputEffect => !('branch' in effect);

/** What goes beside a pull request: it is one without, too. */
export const isBeside = (effect: Effect): effect is Extract<Effect, { kind: 'comment' | 'replies' | 'check' }> =>
  effect.kind === 'comment' || effect.kind === 'replies' || effect.kind === 'check';

/** Where it is made, as in "publishing …". */
export const placeOf = (effect: Effect): string => {
  if (!isOutputEffect(effect)) return effect.branch;
  switch (effect.kind) {
    case 'answer':
      return `a comment on ${effect.on.kind} ${effect.on.number}`;
    case 'labels':
      return `labels of ${effect.on.kind} ${effect.on.number}`;
    case 'issue':
      return 'a new issue';
    case 'release':
      return `a draft of release ${effect.tag}`;
  }
};

/** With what a run made outside begins the line, hidden where it can be, that tells by which run and effect. */
export const trailerName = 'Longhaul-Run: ';

/** A message with one more line at its end, among those of its kind that it has: what stands alone is no trailer to git. */
export const withTrailer = (message: string, trailer: string): string => {
  const text = message.trimEnd();
  const last = text.split('\n\n').slice(1).at(-1) ?? '';
  const isTrailers = last !== '' && last.split('\n').every((line) => /^[A-Za-z0-9-]+: \S/.test(line));
  return `${text}${isTrailers ? '\n' : '\n\n'}${trailer}`;
};

/** What came of an effect. */
export const EffectResult = z.strictObject({
  /** How the place where it was made calls it: a commit's id, a pull request's number. */
  reference: z.string().min(1).max(200),
  /** Where a person can look at it; null: nowhere. */
  url: z
    .string()
    .max(2000)
    .regex(/^https?:\/\/[!-~]+$/, 'expected a URL')
    .nullable(),
  /** It was there already: an earlier attempt had made it, or been about to end. */
  adopted: z.boolean(),
  /** What is otherwise than it was asked for, a sentence each. */
  notes: z.array(z.string().max(500)).max(10),
});
export type EffectResult = z.infer<typeof EffectResult>;

/** Its name within the run, from what it is of: `2 branch` is the second round's. The same one is never done twice. */
export const effectKey = (round: number, { kind }: Pick<Effect, 'kind'>): string => `${round} ${kind}`;

/** An effect as far as it has come. */
export type EffectState = {
  readonly key: string;
  readonly round: number;
  readonly effect: Effect;
  readonly by: string;
  readonly requestedAt: string;
  /** Attempts that failed. */
  readonly failures: number;
} & (
  | { readonly status: 'requested'; readonly retryAt: string | null; readonly said: string | null }
  | { readonly status: 'done'; readonly result: EffectResult }
  | { readonly status: 'failed'; readonly said: string; readonly remedy: string }
);

/** What of a run decides about its effects. */
interface Publishable {
  readonly status: string;
  readonly round: number;
  readonly effects: readonly EffectState[];
}

/** Whether a person has a result before them that they have not refused. */
export const isPublishable = ({ status }: Pick<Publishable, 'status'>): boolean =>
  status === 'reviewing' || status === 'accepted';

/** Those of the round at hand. What was asked for an earlier one and had not come about by its end never does. */
export const effectsOfRound = ({ effects, round }: Pick<Publishable, 'round' | 'effects'>): readonly EffectState[] =>
  effects.filter((effect) => effect.round === round);

/** Whether the round's branch is made, and what was to follow it failed: the rest can be asked for again. */
export const isHalfDone = (
  run: Pick<Publishable, 'round' | 'effects'>,
  { remote, branch }: { readonly remote: string; readonly branch: string },
): boolean => {
  const effects = effectsOfRound(run);
  const isMade = effects.some(
    ({ effect, status }) =>
      status === 'done' && effect.kind === 'branch' && effect.remote === remote && effect.branch === branch,
  );
  return isMade && effects.some(({ status }) => status === 'failed');
};

/**
 * The one that is to be done next; null: none is. What follows one that failed is not begun without it, and nothing is where a person has
 * rejected the result or asked for another.
 */
export const nextEffect = (run: Publishable): Extract<EffectState, { status: 'requested' }> | null => {
  const next = isPublishable(run) ? effectsOfRound(run).find(({ status }) => status !== 'done') : undefined;
  return next?.status === 'requested' ? next : null;
};
