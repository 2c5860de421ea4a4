import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { Trouble } from '../../../shared/trouble.ts';
import type { RemoteConfig } from '../../machine/config/config.ts';
import type { RemoteCredential } from '../../machine/git/git.ts';

type App = NonNullable<RemoteConfig['github']>;

/** A machine that does not answer is no reason for a run to wait for ever. */
const patienceMs = 15_000;

const Failure = z.object({ status: z.int(), message: z.string() });

/**
 * A token of a GitHub app's installation: for the repository in the URL alone, to read its contents, good for an hour. Throws
 * Trouble.
 */
export const gitHubCredential = async (app: App, url: string): Promise<RemoteCredential> => {
  const [owner, repo] = repositoryOf(url);
  const apps = await appsOf(app);
  try {
    const installation =
      app.installationId ?? (await apps.getRepoInstallation({ owner, repo, request: limited() })).data.id;
    const { data } = await apps.createInstallationAccessToken({
      installation_id: installation,
      repositories: [repo],
      permissions: { contents: 'read' },
      request: limited(),
    });
    return { username: 'x-access-token', password: data.token };
  } catch (error) {
    const failure = Failure.safeParse(error);
    const why = failure.success
      ? `${failure.data.status}: ${failure.data.message}`
      : error instanceof Error
        ? error.message
        : String(error);
    throw new Trouble(`GitHub gives the app ${app.appId} no token to read ${owner}/${repo} (${why}).`, {
      remedy: 'Install the app on that repository with "Contents: read", and check appId, privateKeyFile and apiUrl.',
      cause: error,
    });
  }
};

const limited = () => ({ signal: AbortSignal.timeout(patienceMs) });

const repositoryOf = (url: string): readonly [string, string] => {
  const [owner = '', name = '', ...rest] = new URL(url).pathname.slice(1).split('/').filter(Boolean);
  const repo = name.replace(/\.git$/, '');
  if (owner === '' || repo === '' || rest.length > 0)
    throw new Trouble(`${url} is no repository of GitHub's.`, {
      remedy: 'Name it such as https://github.com/owner/name.',
    });
  return [owner, repo];
};

const appsOf = async (app: App) => {
  const [{ Octokit }, { createAppAuth }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/auth-app'),
  ]).catch((error: unknown) => {
    throw new Trouble('This installation cannot speak to GitHub: @octokit/rest and @octokit/auth-app are missing.', {
      remedy: 'Run the runner from the npm package, which brings them: npm install --global longhaul',
      cause: error,
    });
  });
  const silent = () => {};
  const octokit = new Octokit({
    authStrategy: createAppAuth,
    auth: { appId: app.appId, privateKey: await privateKeyOf(app.privateKeyFile) },
    baseUrl: app.apiUrl,
    userAgent: 'longhaul',
    request: { fetch: straightFetch },
    log: { debug: silent, info: silent, warn: silent, error: silent },
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
