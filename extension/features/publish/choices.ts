import type { PublishInput } from '../../../shared/api/publication.ts';
import type { EffectState } from '../../../shared/run/effect.ts';

/** What goes along with a pull request, and can be left out of it. */
export type Part = 'co-author' | 'comment' | 'answers' | 'check';

/** What a person has said about a publication. What is null is as the runner proposes it. */
export interface Choices {
  readonly branch: string | null;
  readonly into: string | null;
  readonly title: string | null;
  readonly draft: boolean | null;
  readonly ciRepairs: number | null;
  /** Of remarks that are answered: whether their threads are resolved. */
  readonly resolve: boolean | null;
  readonly leaves: ReadonlySet<Part>;
}

export const nothingSaid: Choices = {
  branch: null,
  into: null,
  title: null,
  draft: null,
  ciRepairs: null,
  resolve: null,
  leaves: new Set(),
};

/** The same with a part left out, or put back. */
export const toggled = (choices: Choices, part: Part): Choices => {
  const leaves = new Set(choices.leaves);
  if (!leaves.delete(part)) leaves.add(part);
  return { ...choices, leaves };
};

/** The message's lines below its first one, which say whose it is, too. */
export const coAuthorsOf = ({ message }: Pick<PublishInput, 'message'>): readonly string[] =>
  message
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '');

/** Whatever the runner proposes, with what the person has said: a new proposal brings nothing back, and loses nothing. */
export const chosenOf = (proposed: PublishInput, choices: Choices): PublishInput => {
  const { pullRequest, message } = proposed;
  const { title, draft, ciRepairs, resolve, leaves } = choices;
  return {
    ...proposed,
    message: leaves.has('co-author') ? (message.split('\n')[0] ?? message) : message,
    pullRequest: pullRequest && {
      ...pullRequest,
      title: title ?? pullRequest.title,
      draft: draft ?? pullRequest.draft,
      ciRepairs: ciRepairs ?? pullRequest.ciRepairs,
      comment: leaves.has('comment') ? null : pullRequest.comment,
      replies: leaves.has('answers')
        ? []
        : pullRequest.replies.map((reply) => ({ ...reply, resolve: resolve ?? reply.resolve })),
      check: leaves.has('check') ? null : pullRequest.check,
    },
  };
};

/** Whether it goes to a pull request that an earlier round has opened. */
export const goesOn = (
  { remote, branch, pullRequest }: PublishInput,
  { effects }: { readonly effects: readonly Pick<EffectState, 'status' | 'effect'>[] },
): boolean =>
  effects.some(
    ({ status, effect }) =>
      status === 'done' &&
      effect.kind === 'pull request' &&
      effect.remote === remote &&
      effect.branch === branch &&
      effect.into === pullRequest?.into,
  );
