import { RedirectedError } from '../../../shared/client/straight-fetch.ts';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';
import { errorMessage, Trouble } from '../../../shared/trouble.ts';
import type { GitLabToken } from '../../machine/config/remote-config.ts';
import { gitLabToken, hostOf, projectOf } from './access.ts';
import { GitLabError, openRequester } from './requester.ts';

/** GitLab's API for one project, until the signal fires. */
export type GitLab = Awaited<ReturnType<typeof openGitLab>>;

/** A way into GitLab's API. Throws Trouble. */
export const openGitLab = async (
  access: GitLabToken,
  url: string,
  { env, signal }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
) => {
  const { Branches, Commits, IssueNotes, Issues, Jobs, ...more } = await import('@gitbeaker/rest');
  const { MergeRequestApprovals, MergeRequestNotes, MergeRequests, ProjectMembers, ...others } = more;
  const { Repositories, RepositoryFiles, Users } = others;
  const options = {
    host: hostOf(access, url),
    token: gitLabToken(access, url, env),
    requesterFn: openRequester(signal),
    queryTimeout: null,
  };
  return {
    /** By its path, such as `acme/shop`. */
    project: projectOf(access, url),
    /** Of its pages, without `.git`. */
    webUrl: url.replace(/\.git\/?$/, ''),
    branches: new Branches(options),
    commits: new Commits(options),
    issueNotes: new IssueNotes(options),
    issues: new Issues(options),
    jobs: new Jobs(options),
    approvals: new MergeRequestApprovals(options),
    mergeRequestNotes: new MergeRequestNotes(options),
    mergeRequests: new MergeRequests(options),
    members: new ProjectMembers(options),
    repositories: new Repositories(options),
    files: new RepositoryFiles(options),
    users: new Users(options),
  };
};

/** The status of what GitLab refused; null: it is no answer of GitLab's. */
export const statusOf = (error: unknown): number | null => (error instanceof GitLabError ? error.status : null);

/** Of a project that is not there, or that the token may not see, and of nothing in it. */
const isOfProject = (error: unknown): boolean =>
  error instanceof GitLabError && /\bproject not found\b/i.test(error.message);

/** Null where GitLab says that the project has none. Throws where there is no such project to this token. */
export const orNull = async <Answer>(asked: Promise<Answer>): Promise<Answer | null> => {
  try {
    return await asked;
  } catch (error) {
    if (statusOf(error) === 404 && !isOfProject(error)) return null;
    throw error;
  }
};

/** What a request that failed means for what it was made for; `what` completes "GitLab did not …". */
export const gitLabTrouble = (what: string, error: unknown): Trouble => {
  if (error instanceof Trouble) return error;
  if (error instanceof RedirectedError)
    return new Trouble(error.message, { remedy: 'Check apiUrl (remotes in config.yaml).', cause: error });
  if (!(error instanceof GitLabError) || error.status >= 500)
    return new EffectTrouble(`GitLab did not ${what} (${answerTo(error)}).`, {
      remedy: 'It is tried again by itself. If it goes on: check the connection, and GitLab’s status page.',
      again: true,
      afterMs: error instanceof GitLabError ? error.afterMs : null,
      cause: error,
    });
  const { status, afterMs } = error;
  return new EffectTrouble(`GitLab did not ${what} (${answerTo(error)}).`, {
    remedy: isOfProject(error) ? noProject : (remedies[status] ?? otherwise),
    again: status === 429,
    afterMs,
    cause: error,
  });
};

/** What it answered, and what to: `404: Branch Not Found, asked for GET projects/1/repository/branches/x`. */
const answerTo = (error: unknown): string => {
  if (!(error instanceof GitLabError)) return errorMessage(error);
  const { status, message, asked } = error;
  return `${status}${message === '' ? '' : `: ${message}`}, asked for ${asked}`;
};

const otherwise =
  'Do what it says, then publish again. If it says nothing that can be done: make a branch of the result here and push it (longhaul apply --branch).';
const noProject =
  'Check the address, and that the token may see this project: a private one that it may not see is said not to be there.';

const remedies: Readonly<Record<number, string>> = {
  401: 'The token is not known to GitLab any more: give the runner another one, then publish again.',
  403: 'Give the token the scope "api" and the role "Developer" in this project, then publish again.',
  404: 'What is named there is gone, or this token may not see it. Look there, then publish again.',
  409: 'Somebody changed it at the same time: publish again.',
  429: 'It is asked again by itself, when it says.',
};
