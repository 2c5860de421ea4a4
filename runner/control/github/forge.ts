import { z } from 'zod';
import type { OutputEffect } from '../../../shared/run/effect.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import type { GitHubApp, GitHubToken } from '../../machine/config/remote-config.ts';
import type { BranchOfPullRequest, Forge } from '../forges/forge.ts';
import { failureText } from '../forges/texts.ts';
import { openGitHub, type OpenGitHub } from './access.ts';
import type { Permissions } from './app.ts';
import { publishBranch } from './branch.ts';
import { publishCheck } from './check.ts';
import { checksOf, failureOf } from './checks.ts';
import { publishComment } from './comment.ts';
import { issueText } from './issue-text.ts';
import { publishIssue } from './issue.ts';
import { jobLog } from './job-log.ts';
import { publishLabels } from './labels.ts';
import { lookAt, remarksOf } from './look.ts';
import { mayWrite } from './may-write.ts';
import { gitHubTrouble, limited } from './octokit.ts';
import { publishPullRequest } from './pull-request.ts';
import { publishRelease } from './release.ts';
import { publishReplies } from './replies.ts';

/** GitHub's API for the repository in the URL; each step of it with no more permission than it takes. */
export const gitHubForge = (
  access: GitHubApp | GitHubToken,
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Forge => {
  const open = openGitHub(access, url, env);
  return {
    name: 'GitHub',
    addressOf: (repository, { kind, number }) => `${repository}/${kind === 'issue' ? 'issues' : 'pull'}/${number}`,
    publishBranch: async (effect, given) =>
      publishBranch(effect, { ...given, ...(await open({ contents: 'write' }, given.signal)) }),
    publishPullRequest: async (effect, { body, signal }) =>
      publishPullRequest(effect, { ...(await open({ contents: 'read', pull_requests: 'write' }, signal)), body }),
    comment: async (number, given) =>
      publishComment({ ...given, ...(await open({ pull_requests: 'write' }, given.signal)), number }),
    reply: async (number, given) =>
      publishReplies({ ...given, ...(await open({ pull_requests: 'write' }, given.signal)), number }),
    // Only an app can make one.
    check:
      'appId' in access && access.checkRuns
        ? async (head, { signal, ...given }) =>
            publishCheck({ ...given, ...(await open({ checks: 'write' }, signal)), head })
        : null,
    say: async (effect, given) => {
      const made = { ...given, ...(await open(permissionsFor(effect), given.signal)) };
      switch (effect.kind) {
        case 'answer':
          return publishComment({ ...made, number: effect.on.number });
        case 'labels':
          return publishLabels({ ...made, number: effect.on.number, labels: effect.labels });
        case 'issue':
          return publishIssue({ ...made, title: effect.title });
        case 'release':
          return publishRelease({ ...made, tag: effect.tag, title: effect.title });
      }
    },
    look: async ({ number, reviewed, whyFailed, signal }) => {
      const given = await open({ pull_requests: 'read', checks: 'read', statuses: 'read' }, signal);
      const logOf = whyFailed ? (job: number) => jobLog(open, job, signal) : null;
      return lookAt({ ...given, number, reviewed, logOf });
    },
    subject: (on, signal) => issueText(open, on, signal),
    mayWrite: (login, signal) =>
      said(`who ${cleanLine(login)} is`, async () => mayWrite(await open({}, signal), login)),
    branchOf: (number, signal) => said(`what pull request ${number} is`, () => branchOf(open, number, signal)),
    remarksOf: ({ pullRequest, review }, signal) =>
      said(`what review ${review} of pull request ${pullRequest} remarks`, async () =>
        remarksOf({ ...(await open({ pull_requests: 'read' }, signal)), number: pullRequest, review }),
      ),
    untold: [],
    failureAt: (commit, signal) =>
      said(`which checks of ${commit.slice(0, 12)} failed`, async () => {
        const given = await open({ checks: 'read', statuses: 'read' }, signal);
        const { failing } = await checksOf(given, commit);
        if (failing.length === 0) return '';
        return failureText(await failureOf(failing, { ...given, logOf: (job) => jobLog(open, job, signal) }));
      }),
  };
};

const permissionsFor = (effect: OutputEffect): Permissions => {
  if (effect.kind === 'release') return { contents: 'write' };
  const isOnPullRequest = 'on' in effect && effect.on.kind === 'pull request';
  return isOnPullRequest ? { pull_requests: 'write' } : { issues: 'write' };
};

/** `what` completes "GitHub did not say …". */
const said = async <Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof z.ZodError)
      throw new Trouble(`What GitHub says cannot be read: ${what} (${z.prettifyError(error)}).`, {
        remedy: 'Check apiUrl (remotes in config.yaml), and whether that server’s API is GitHub’s.',
        cause: error,
      });
    throw gitHubTrouble(`say ${what}`, error);
  }
};

const Head = z.object({
  state: z.string(),
  head: z.object({ ref: z.string().min(1), repo: z.object({ full_name: z.string() }).nullish() }),
  base: z.object({ repo: z.object({ full_name: z.string() }) }),
});

/** A run works on the pull request's branch, where that is one of the repository's own. */
const branchOf = async (open: OpenGitHub, number: number, signal: AbortSignal): Promise<BranchOfPullRequest> => {
  const { octokit, repository } = await open({ pull_requests: 'read' }, signal);
  const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: number, request: limited() });
  const { state, head, base } = Head.parse(data);
  if (head.repo?.full_name !== base.repo.full_name)
    return { outcome: 'refused', why: `Pull request ${number} is a fork's: what forks bring begins no runs.` };
  if (state !== 'open') return { outcome: 'refused', why: `Pull request ${number} is ${cleanLine(state)}.` };
  return { outcome: 'branch', branch: head.ref };
};
