import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import { Trouble } from '../../../shared/trouble.ts';
import type { GitHubApp, GitHubToken } from '../../machine/config/remote-config.ts';
import { installationToken, type Permissions } from './app.ts';
import type { OursGiven } from './ours.ts';
import { octokitModules, octokitOptions } from './octokit.ts';
import { repositoryOf, type GitHubRepository } from './repository.ts';

/** A way into GitHub's API with these permissions on one repository, until the signal fires. Throws Trouble. */
export type OpenGitHub = (
  permissions: Permissions,
  signal: AbortSignal,
) => Promise<OursGiven & { readonly repository: GitHubRepository }>;

interface TokenGiven {
  readonly url: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly permissions: Permissions;
}

/** A token for the repository in the URL: an app's is made for it, and for these permissions alone. Throws Trouble. */
export const gitHubToken = async (
  access: GitHubApp | GitHubToken,
  { url, env, permissions }: TokenGiven,
): Promise<string> => {
  if ('appId' in access) return installationToken(access, repositoryOf(url), permissions);
  const token = env[access.tokenVariable] ?? '';
  if (token !== '') return token;
  throw new Trouble(`The token for ${url} is missing: the runner's environment has no ${access.tokenVariable}.`, {
    remedy: 'Set it where the runner is started, and start it again.',
  });
};

export const openGitHub =
  (access: GitHubApp | GitHubToken, url: string, env: TokenGiven['env']): OpenGitHub =>
  async (permissions, signal) => {
    const auth = await gitHubToken(access, { url, env, permissions });
    const { Octokit } = await octokitModules();
    const request = {
      fetch: (input: string | URL | Request, init: RequestInit = {}) =>
        straightFetch(input, { ...init, signal: init.signal ? AbortSignal.any([init.signal, signal]) : signal }),
    };
    return {
      octokit: new Octokit({ ...octokitOptions(access), auth, request }),
      appId: 'appId' in access ? access.appId : null,
      repository: repositoryOf(url),
    };
  };
