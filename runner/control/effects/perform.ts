import { CheckReport } from '../../../shared/review/check-report.ts';
import type { Effect, EffectResult, OutputEffect } from '../../../shared/run/effect.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { pushBranch } from '../../machine/repository/push-branch.ts';
import type { Home } from '../../machine/home/home.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Forge } from '../forges/forge.ts';
import type { AllowedRemote, Publishing, Remotes } from '../remotes/remotes.ts';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';
import type { LookAtPullRequest } from './following.ts';
import type { Asked, Perform } from './outbox.ts';
import { changesOf, pushRequestOf, trailerOf, type PushGiven } from './push-request.ts';

export interface PerformOptions {
  readonly remotes: Remotes;
  readonly blobs: Pick<Blobs, 'read'>;
  readonly home: Home;
}

/** Every effect that there is, where it is to be done. What may be published where, is looked at when it is done, and not only when it was asked for. */
export const performing =
  (options: PerformOptions): Perform =>
  async ({ run, effect: { key, effect, requestedAt }, signal }) => {
    const { publishing, credential } = mayPublish(options.remotes, effect.remote);
    switch (effect.kind) {
      case 'branch':
        return toBranch(effect, { ...options, run, key, publishing, credential, at: Date.parse(requestedAt), signal });
      case 'pull request':
        return toPullRequest(effect, { ...options, publishing, signal });
      case 'comment':
        return toComment(effect, { ...options, run, key, publishing, signal });
      case 'replies':
        return toReplies(effect, { ...options, run, key, publishing, signal });
      case 'check':
        return toCheck(effect, { ...options, run, key, publishing, signal });
      case 'answer':
      case 'labels':
      case 'issue':
      case 'release':
        return toOutput(effect, { ...options, run, key, publishing, signal });
    }
  };

const mayPublish = (
  remotes: Remotes,
  url: string,
): Pick<AllowedRemote, 'credential'> & { readonly publishing: Publishing } => {
  const allowed = remotes.allowed(url);
  if (allowed?.publishing != null) return { publishing: allowed.publishing, credential: allowed.credential };
  throw new Trouble(`This runner publishes nothing to ${url}.`, {
    remedy: 'Its operator can allow it: remotes: [{ match: …, publish: true }] in its config.yaml.',
  });
};

/** What a look needs, which changes nothing. */
export const looking =
  ({ remotes }: Pick<PerformOptions, 'remotes'>): LookAtPullRequest =>
  async ({ pullRequest, whyFailed, signal }) => {
    const { remote, number, seen } = pullRequest;
    const { forge } = mayPublish(remotes, remote).publishing;
    if (forge === null)
      throw new Trouble(`${remote} is no GitHub and no GitLab any more to this runner.`, {
        remedy: 'Say so in the runner’s config.yaml: remotes: [{ match: …, github: … }], or gitlab.',
      });
    return {
      outcome: 'seen',
      ...(await forge.look({ number: Number(number), reviewed: seen?.reviewed ?? 0, whyFailed, signal })),
    };
  };

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

const toBranch = async (
  effect: Of<'branch'>,
  given: PushGiven & { readonly publishing: Publishing },
): Promise<EffectResult> => {
  const { run, key, publishing, blobs, signal } = given;
  if (publishing.forge !== null) {
    const changes = await changesOf(run, effect, blobs);
    const read = (hash: string) => blobs.read(hash);
    return publishing.forge.publishBranch(effect, { trailer: trailerOf(run, key), changes, read, signal });
  }
  const pushed = await pushBranch(await pushRequestOf(effect, given));
  switch (pushed.outcome) {
    case 'pushed':
      return { reference: pushed.commit, url: null, adopted: pushed.adopted, notes: [] };
    case 'refused':
      throw new Trouble(pushed.reason, { remedy: pushed.remedy });
    case 'failed':
      throw new EffectTrouble(`The branch was not pushed: ${pushed.reason}`, {
        remedy: 'Check that the runner may push there (remotes in its config.yaml), then publish again.',
        again: pushed.again,
      });
  }
};

const toPullRequest = async (
  effect: Of<'pull request'>,
  { publishing, blobs, signal }: PerformOptions & Pick<Asked, 'signal'> & { readonly publishing: Publishing },
): Promise<EffectResult> =>
  forgeOf(effect, publishing).publishPullRequest(effect, {
    body: (await blobs.read(effect.body)).toString('utf8'),
    signal,
  });

interface SayGiven extends PerformOptions, Pick<Asked, 'run' | 'signal'> {
  readonly key: string;
  readonly publishing: Publishing;
}

const toComment = async (
  effect: Of<'comment'>,
  { run, key, publishing, blobs, signal }: SayGiven,
): Promise<EffectResult> => {
  const forge = forgeOf(effect, publishing);
  const number = pullRequestOf(run);
  const body = (await blobs.read(effect.body)).toString('utf8');
  return forge.comment(number, { mark: trailerOf(run, key), body, since: run.createdAt, signal });
};

/** Throws Trouble. */
const pullRequestOf = ({ pullRequest }: Asked['run']): number => {
  if (pullRequest !== null) return Number(pullRequest.number);
  throw new Trouble('There is no pull request to say it on.', { remedy: 'Publish it as one first.' });
};

const toReplies = async (effect: Of<'replies'>, { run, key, publishing, signal }: SayGiven): Promise<EffectResult> => {
  const { name, reply } = forgeOf(effect, publishing);
  if (reply === null)
    throw new Trouble(`Remarks on ${name} cannot be answered one by one.`, { remedy: 'Answer them there by hand.' });
  const { replies } = effect;
  return reply(pullRequestOf(run), { replies, mark: trailerOf(run, key), since: run.createdAt, signal });
};

const toCheck = async (
  effect: Of<'check'>,
  { run, key, publishing, blobs, signal }: SayGiven,
): Promise<EffectResult> => {
  const { name, check } = forgeOf(effect, publishing);
  if (check === null)
    throw new Trouble(`${name} takes no checks from this runner.`, {
      remedy: 'Its operator can allow it: checkRuns: true beside the app in its config.yaml.',
    });
  const branch = run.effects.find(
    (each) => each.effect.kind === 'branch' && each.round === run.round && each.status === 'done',
  );
  if (branch?.status !== 'done')
    throw new Trouble('There is no commit to put a check on.', { remedy: 'Publish it as a branch first.' });
  const report = CheckReport.parse(JSON.parse((await blobs.read(effect.body)).toString('utf8')));
  return check(branch.result.reference, { report, mark: trailerOf(run, key), signal });
};

const toOutput = async (
  effect: OutputEffect,
  { run, key, publishing, blobs, signal }: SayGiven,
): Promise<EffectResult> => {
  const forge = forgeOf(effect, publishing);
  const body = 'body' in effect ? (await blobs.read(effect.body)).toString('utf8') : '';
  return forge.say(effect, { mark: trailerOf(run, key), body, since: run.createdAt, signal });
};

const forgeOf = ({ remote }: Effect, { forge }: Publishing): Forge => {
  if (forge !== null) return forge;
  throw new Trouble(
    `${remote} is no repository of GitHub’s or GitLab’s: it has no pull requests, issues and releases.`,
    { remedy: 'Publish a branch alone, or say it there by hand.' },
  );
};
