import { z } from 'zod';
import { decisionSubject, type DecisionRequest } from '../decision/decision.ts';
import { cleanLine } from '../text/clean.ts';
import { plural } from '../text/figures.ts';
import { BlobHash } from './artifacts.ts';
import { over, type Circumstances, type Told, type Wanted } from './command.ts';
import { published } from './command-of-effects.ts';
import { Effect, effectKey, isOutputEffect, placeOf } from './effect.ts';
import { refuse } from './refusal.ts';
import { isTerminal, openDecisions, type RunState } from './state.ts';

/** What a decision about publishing has as its arguments: once it is approved these effects are done, and nothing else is. */
const PublishArguments = z.strictObject({
  round: z.int().positive(),
  patch: BlobHash,
  /** In the order in which they are done. */
  effects: z.array(Effect).min(1),
  /** What looks like a secret in all that, a line each, without the secret itself. */
  secrets: z.array(z.string()),
});
export type PublishArguments = z.infer<typeof PublishArguments>;

type Publishing = Pick<DecisionRequest, 'kind' | 'arguments'>;

/** Null: it is about something else, or an earlier version asked. */
export const publishArguments = ({ kind, arguments: asked }: Publishing): PublishArguments | null =>
  kind === 'publish' ? (PublishArguments.safeParse(asked).data ?? null) : null;

/** What somebody is asked about publishing the result in review; undefined: nothing. */
export const askedToPublish = (state: Pick<RunState, 'status' | 'decisions'>) =>
  openDecisions(state).find(({ request }) => request.kind === 'publish');

/** What a publication comes to: effects; or, where somebody is to be asked first, that question. */
export const publishedOrAsked = (state: RunState, command: Told<'publish'>, circumstances: Circumstances): Wanted => {
  const wanted = published(state, command);
  if ('outcome' in wanted || command.ask === null) return wanted;
  if (state.status !== 'reviewing')
    return isTerminal(state) && state.status !== 'accepted'
      ? over(state)
      : refuse(
          'conflict',
          `Run ${state.number} is ${state.status}: only a result in review can be asked about.`,
          `Have somebody with the role approver publish it: longhaul publish ${state.number}`,
        );
  const asked = askedToPublish(state);
  if (asked?.status === 'pending')
    return refuse(
      'conflict',
      `Publishing round ${state.round} of run ${state.number} is asked already.`,
      `See what waits: longhaul decisions ${asked.request.id}`,
    );
  return [{ type: 'decision.requested', v: 3, request: requestOf(state, command, circumstances) }];
};

const requestOf = (
  state: RunState,
  { round, patch, effects, ask }: Told<'publish'>,
  { at, decision, sha256 }: Circumstances,
): DecisionRequest => {
  const { reason = '', secrets = [] } = ask ?? {};
  const done = state.effects.filter(({ status }) => status === 'done').map(({ key }) => key);
  const left = effects.filter((effect) => !done.includes(effectKey(round, effect)));
  const request: Omit<DecisionRequest, 'hash'> = {
    id: decision,
    kind: 'publish',
    requester: { turn: state.turn?.number ?? 0, call: null },
    action: `Publish round ${round} ${wayOf(state, left)}`,
    tool: null,
    arguments: { round, patch, effects: left, secrets: [...secrets] } satisfies PublishArguments,
    tree: state.result?.head.tree ?? null,
    reason,
    consequence: `${left.map((effect) => deedOf(effect, pullRequestGoneOn(state, left))).join(' ')} Whoever can read it there sees all of it.${secretsText(secrets)}`,
    expiresAt: new Date(Date.parse(at) + state.task.decisionHours * 3_600_000).toISOString(),
    onExpiry: 'Nothing is published; the result stays in review.',
    choices: [],
  };
  return { ...request, hash: sha256(decisionSubject(state.id, request)) };
};

/** What an approval comes to: exactly what was asked, in the approver's name, or why it cannot be any more. */
export const approvedToPublish = (state: RunState, request: DecisionRequest, by: string): Wanted => {
  const asked = publishArguments(request);
  if (asked === null)
    return refuse(
      'stale',
      `Decision ${request.id} is of an earlier version, and nobody can say what it would publish now.`,
      `Reject it, and publish again: longhaul publish ${state.number}`,
    );
  const { round, patch, effects } = asked;
  return published(state, { kind: 'publish', by, round, patch, effects, ask: null });
};

/** `acme/shop` of GitHub's own; elsewhere with the host. The address is whole in what would be done. */
const remoteName = (remote: string): string =>
  cleanLine(/^https?:\/\/(?:(?<=https:\/\/)github\.com\/)?(.+?)(?:\.git)?\/?$/.exec(remote)?.[1] ?? remote);

const wayOf = (state: RunState, effects: readonly Effect[]): string => {
  const [first] = effects;
  if (first === undefined) return '';
  const name = remoteName(first.remote);
  if (isOutputEffect(first)) return `as ${cleanLine(placeOf(first))} of ${name}`;
  const opens = effects.find(({ kind }) => kind === 'pull request');
  if (opens?.kind !== 'pull request') return `as the branch ${cleanLine(first.branch)} of ${name}`;
  const goneOn = pullRequestGoneOn(state, effects);
  return goneOn !== null
    ? `to pull request ${cleanLine(goneOn)} of ${name}`
    : `as a ${opens.draft ? 'draft pull request' : 'pull request'} to ${name}`;
};

/** The number of the pull request that is brought up to date; null: one is opened, or none is. */
const pullRequestGoneOn = (
  { pullRequest, effects: before }: Pick<RunState, 'pullRequest' | 'effects'>,
  effects: readonly Effect[],
): string | null => {
  const opened = before.find(({ key }) => key === pullRequest?.effect)?.effect;
  const wanted = effects.find(({ kind }) => kind === 'pull request');
  if (pullRequest === null || opened?.kind !== 'pull request' || wanted?.kind !== 'pull request') return null;
  return opened.remote === wanted.remote && opened.branch === wanted.branch ? pullRequest.number : null;
};

/** What doing it means, a sentence. `goneOn`: the number of the pull request that there is. */
const deedOf = (effect: Effect, goneOn: string | null): string => {
  switch (effect.kind) {
    case 'branch':
      return effect.onTop === null
        ? `Longhaul makes the branch ${cleanLine(effect.branch)} of ${cleanLine(effect.remote)}.`
        : `Longhaul puts a commit on the branch ${cleanLine(effect.branch)} of ${cleanLine(effect.remote)}.`;
    case 'pull request':
      if (goneOn !== null)
        return `Pull request ${cleanLine(goneOn)} into ${cleanLine(effect.into)} gets it, with this title and this text; whether it is a draft stays as it is.`;
      return `It opens a ${effect.draft ? 'draft pull request' : 'pull request'} of it into ${cleanLine(effect.into)}, unless there is one.`;
    case 'comment':
      return 'It says on the pull request what the round has come to.';
    case 'replies':
      return `It answers ${plural(effect.replies.length, 'remark')} there${effect.replies.some(({ resolve }) => resolve) ? ', and resolves their threads' : ''}.`;
    case 'check':
      return 'The commit gets a check with what verification came to.';
    case 'answer':
    case 'labels':
    case 'issue':
    case 'release':
      return `Longhaul makes ${cleanLine(placeOf(effect))} of ${cleanLine(effect.remote)}, and the run is accepted with it.`;
  }
};

/** How many are named in a sentence; the arguments have all. */
const mostNamed = 5;

const secretsText = (secrets: readonly string[]): string => {
  if (secrets.length === 0) return '';
  const named = secrets.slice(0, mostNamed).map(cleanLine).join('; ');
  const what = secrets.length === 1 ? 'a secret' : `${secrets.length} secrets`;
  return ` What looks like ${what} would be there for all of them: ${named}${secrets.length > mostNamed ? '; …' : ''}.`;
};
