import { CheckReport } from '../../../shared/review/check-report.ts';
import type { Effect, EffectResult, OutputEffect } from '../../../shared/run/effect.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { pushBranch } from '../../machine/repository/push-branch.ts';
import type { Home } from '../../machine/home/home.ts';
import type { Blobs } from '../blobs/blobs.ts';
import { publishBranch } from '../github/branch.ts';
import { jobLog } from '../github/job-log.ts';
import { lookAt } from '../github/look.ts';
import { publishCheck } from '../github/check.ts';
import { publishComment } from '../github/comment.ts';
import { publishIssue } from '../github/issue.ts';
import { publishLabels } from '../github/labels.ts';
import { publishRelease } from '../github/release.ts';
import { publishReplies } from '../github/replies.ts';
import type { Permissions } from '../github/app.ts';
import { publishPullRequest } from '../github/pull-request.ts';
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
    const { github } = mayPublish(remotes, remote).publishing;
    if (github === null)
      throw new Trouble(`${remote} is no GitHub any more to this runner.`, {
        remedy: 'Say so in the runner’s config.yaml: remotes: [{ match: …, github: … }].',
      });
    const permissions = { pull_requests: 'read', checks: 'read', statuses: 'read' } as const;
    const { octokit, repository } = await github(permissions, signal);
    const reviewed = seen?.reviewed ?? 0;
    const logOf = whyFailed ? (job: number) => jobLog(github, job, signal) : null;
    return { outcome: 'seen', ...(await lookAt({ octokit, repository, number: Number(number), reviewed, logOf })) };
  };

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>;

const toBranch = async (
  effect: Of<'branch'>,
  given: PushGiven & { readonly publishing: Publishing },
): Promise<EffectResult> => {
  const { run, key, publishing, blobs, signal } = given;
  if (publishing.github !== null) {
    const { octokit, repository } = await publishing.github({ contents: 'write' }, signal);
    const changes = await changesOf(run, effect, blobs);
    return publishBranch(effect, {
      octokit,
      repository,
      trailer: trailerOf(run, key),
      changes,
      read: (hash) => blobs.read(hash),
    });
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
): Promise<EffectResult> => {
  const github = mustBeGitHub(effect, publishing);
  const { octokit, repository } = await github({ contents: 'read', pull_requests: 'write' }, signal);
  return publishPullRequest(effect, { octokit, repository, body: (await blobs.read(effect.body)).toString('utf8') });
};

interface SayGiven extends PerformOptions, Pick<Asked, 'run' | 'signal'> {
  readonly key: string;
  readonly publishing: Publishing;
}

const toComment = async (
  effect: Of<'comment'>,
  { run, key, publishing, blobs, signal }: SayGiven,
): Promise<EffectResult> => {
  const github = mustBeGitHub(effect, publishing);
  const number = pullRequestOf(run);
  const { octokit, repository } = await github({ pull_requests: 'write' }, signal);
  const body = (await blobs.read(effect.body)).toString('utf8');
  return publishComment({ octokit, repository, number, mark: trailerOf(run, key), body, since: run.createdAt });
};

const toReplies = async (effect: Of<'replies'>, { run, key, publishing, signal }: SayGiven): Promise<EffectResult> => {
  const github = mustBeGitHub(effect, publishing);
  const { octokit, repository } = await github({ pull_requests: 'write' }, signal);
  const { replies } = effect;
  const mark = trailerOf(run, key);
  return publishReplies({ octokit, repository, number: pullRequestOf(run), replies, mark, since: run.createdAt });
};

const toCheck = async (
  effect: Of<'check'>,
  { run, key, publishing, blobs, signal }: SayGiven,
): Promise<EffectResult> => {
  const github = mustBeGitHub(effect, publishing);
  const branch = run.effects.find(
    (each) => each.effect.kind === 'branch' && each.round === run.round && each.status === 'done',
  );
  if (branch?.status !== 'done')
    throw new Trouble('There is no commit to put a check on.', { remedy: 'Publish it as a branch first.' });
  const { octokit, repository } = await github({ checks: 'write' }, signal);
  const report = CheckReport.parse(JSON.parse((await blobs.read(effect.report)).toString('utf8')));
  return publishCheck({ octokit, repository, head: branch.result.reference, report, mark: trailerOf(run, key) });
};

/** Throws Trouble. */
const pullRequestOf = ({ pullRequest }: Asked['run']): number => {
  if (pullRequest !== null) return Number(pullRequest.number);
  throw new Trouble('There is no pull request to say it on.', { remedy: 'Publish it as one first.' });
};

/** With no more permission than this one takes. */
const toOutput = async (
  effect: OutputEffect,
  { run, key, publishing, blobs, signal }: SayGiven,
): Promise<EffectResult> => {
  const github = mustBeGitHub(effect, publishing);
  const opened = await github(permissionsFor(effect), signal);
  const made = { ...opened, mark: trailerOf(run, key), since: run.createdAt };
  const body = 'body' in effect ? (await blobs.read(effect.body)).toString('utf8') : '';
  switch (effect.kind) {
    case 'answer':
      return publishComment({ ...made, number: effect.on.number, body });
    case 'labels':
      return publishLabels({ ...opened, number: effect.on.number, labels: effect.labels });
    case 'issue':
      return publishIssue({ ...made, title: effect.title, body });
    case 'release':
      return publishRelease({ ...made, tag: effect.tag, title: effect.title, body });
  }
};

const permissionsFor = (effect: OutputEffect): Permissions => {
  if (effect.kind === 'release') return { contents: 'write' };
  const isOnPullRequest = 'on' in effect && effect.on.kind === 'pull request';
  return isOnPullRequest ? { pull_requests: 'write' } : { issues: 'write' };
};

const mustBeGitHub = ({ remote }: Effect, { github }: Publishing): NonNullable<Publishing['github']> => {
  if (github !== null) return github;
  throw new Trouble(`${remote} is no repository of GitHub’s: it has no pull requests, issues and releases.`, {
    remedy: 'Publish a branch alone, or say it there by hand.',
  });
};
