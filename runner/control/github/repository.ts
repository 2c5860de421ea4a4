import { Trouble } from '../../../shared/trouble.ts';

/** How GitHub names a repository. */
export interface GitHubRepository {
  readonly owner: string;
  readonly repo: string;
}

/** The repository that a URL is of. Throws Trouble where it is of none. */
export const repositoryOf = (url: string): GitHubRepository => {
  const [owner = '', name = '', ...rest] = new URL(url).pathname.slice(1).split('/').filter(Boolean);
  const repo = name.replace(/\.git$/, '');
  if (owner === '' || repo === '' || rest.length > 0)
    throw new Trouble(`${url} is no repository of GitHub's.`, {
      remedy: 'Name it such as https://github.com/owner/name.',
    });
  return { owner, repo };
};
