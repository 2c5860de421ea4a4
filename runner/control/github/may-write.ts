import { limited, statusOf, type Octokit } from './octokit.ts';
import type { GitHubRepository } from './repository.ts';

/** Whether somebody may write to the repository, as GitHub says now; of whom it does not say it, no. Throws where it cannot be asked. */
export const mayWrite = async (
  { octokit, repository }: { readonly octokit: Octokit; readonly repository: GitHubRepository },
  username: string,
): Promise<boolean> => {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({
      ...repository,
      username,
      request: limited(),
    });
    return writing.has(data.permission) || writing.has(data.role_name);
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
};

/** docs.github.com/rest/collaborators: the roles that may push. What a custom role may is said by `permission`. */
const writing: ReadonlySet<string> = new Set(['admin', 'maintain', 'write']);
