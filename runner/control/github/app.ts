import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { errorMessage, Trouble } from '../../../shared/trouble.ts';
import type { GitHubApp } from '../../machine/config/remote-config.ts';
import { octokitModules, octokitOptions, limited } from './octokit.ts';
import type { GitHubRepository } from './repository.ts';

/** What a token is to be good for, as GitHub names permissions. */
export type Permissions = Readonly<
  Partial<Record<'actions' | 'contents' | 'issues' | 'pull_requests' | 'checks' | 'statuses', 'read' | 'write'>>
>;

const Failure = z.object({ status: z.int(), message: z.string() });

/** A token of a GitHub app's installation: for one repository alone, with these permissions, good for an hour. Throws Trouble. */
export const installationToken = async (
  app: GitHubApp,
  { owner, repo }: GitHubRepository,
  permissions: Permissions,
): Promise<string> => {
  const apps = await appsOf(app);
  try {
    const installation =
      app.installationId ?? (await apps.getRepoInstallation({ owner, repo, request: limited() })).data.id;
    const { data } = await apps.createInstallationAccessToken({
      installation_id: installation,
      repositories: [repo],
      permissions,
      request: limited(),
    });
    return data.token;
  } catch (error) {
    const failure = Failure.safeParse(error);
    const why = failure.success ? `${failure.data.status}: ${failure.data.message}` : errorMessage(error);
    const wanted = Object.entries(permissions).map(([name, access]) => `${name.replace('_', ' ')}: ${access}`);
    throw new Trouble(`GitHub gives the app ${app.appId} no token for ${owner}/${repo} (${why}).`, {
      remedy: `Install the app on that repository with "${wanted.join('", "')}", and check appId, privateKeyFile and apiUrl.`,
      cause: error,
    });
  }
};

const appsOf = async (app: GitHubApp) => {
  const { Octokit, createAppAuth } = await octokitModules();
  const octokit = new Octokit({
    ...octokitOptions(app),
    authStrategy: createAppAuth,
    auth: { appId: app.appId, privateKey: await privateKeyOf(app.privateKeyFile) },
  });
  return octokit.rest.apps;
};

const privateKeyOf = async (file: string): Promise<string> => {
  try {
    if (((await stat(file)).mode & 0o077) !== 0)
      throw new Trouble(`Others can read the private key ${file}.`, { remedy: `Run: chmod 600 ${file}` });
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Trouble) throw error;
    throw new Trouble(`The private key ${file} cannot be read.`, {
      remedy: 'Name a PEM file that the runner can read (remotes[].github.privateKeyFile).',
      cause: error,
    });
  }
};
