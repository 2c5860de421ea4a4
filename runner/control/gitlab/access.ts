import { Trouble } from '../../../shared/trouble.ts';
import type { GitLabToken } from '../../machine/config/remote-config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws Trouble where it is missing. */
export const gitLabToken = (
  { tokenVariable }: Pick<GitLabToken, 'tokenVariable'>,
  url: string,
  env: Environment,
): string => {
  const token = env[tokenVariable] ?? '';
  if (token !== '') return token;
  throw new Trouble(`The token for ${url} is missing: the runner's environment has no ${tokenVariable}.`, {
    remedy: 'Set it where the runner is started, and start it again.',
  });
};

/** Where GitLab's pages are and where its API is: it may be below a path. */
export const hostOf = ({ apiUrl }: Pick<GitLabToken, 'apiUrl'>, url: string): string =>
  apiUrl === null ? new URL(url).origin : apiUrl.replace(/\/api\/v4\/?$/, '');

/** How GitLab names the project that a URL is of, such as `acme/tools/shop`. Throws Trouble where it is of none. */
export const projectOf = (access: Pick<GitLabToken, 'apiUrl'>, url: string): string => {
  const below = `${new URL(hostOf(access, url)).pathname.replace(/\/$/, '')}/`;
  const { pathname } = new URL(url);
  const path = (pathname.startsWith(below) ? pathname.slice(below.length) : pathname)
    .split('/')
    .filter(Boolean)
    .join('/')
    .replace(/\.git$/, '');
  // docs.gitlab.com/user/reserved_names: letters, digits, underscores, dots and hyphens.
  if (/^[\w.-]+(?:\/[\w.-]+)+$/.test(path)) return path;
  throw new Trouble(`${url} is no project of GitLab's.`, {
    remedy: 'Name it such as https://gitlab.com/group/project.',
  });
};
