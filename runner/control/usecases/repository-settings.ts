import { parse } from 'yaml';
import { z } from 'zod';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import { Policy } from '../../../shared/policy/policy.ts';
import { PlannedCommand } from '../../../shared/run/events.ts';
import { git, line } from '../../git/git.ts';

/** What a repository says about how runs are done in it. */
export interface RepositorySettings {
  readonly setup: readonly PlannedCommand[];
  readonly verification: readonly PlannedCommand[];
  readonly policy: Policy;
}

export type ReadSettings =
  | { readonly outcome: 'ok'; readonly settings: RepositorySettings }
  | { readonly outcome: 'refused'; readonly reason: string; readonly remedy: string };

const file = '.longhaul/config.yaml';
const none: RepositorySettings = { setup: [], verification: [], policy: defaultPolicy };

/**
 * Reads `.longhaul/config.yaml` as the default branch has it. Never the working tree's or another branch's: an agent, or
 * whoever sends a pull request, could write itself a policy there. A repository without one has none.
 */
export const readRepositoryConfig = async (folder: string): Promise<ReadSettings> => {
  const branch = await defaultBranch(folder);
  if (branch === null) return { outcome: 'ok', settings: none };
  const found = await git(['cat-file', 'blob', `${branch}:${file}`], { as: 'user', folder });
  if (!found.ok) return { outcome: 'ok', settings: none };
  try {
    const value: unknown = parse(found.output.toString('utf8'), { maxAliasCount: 100 });
    return { outcome: 'ok', settings: Temporary.parse(value ?? {}) };
  } catch (error) {
    return {
      outcome: 'refused',
      reason: `${file} of ${line(Buffer.from(branch))} cannot be used: ${error instanceof Error ? error.message : String(error)}`,
      remedy: `Correct it there and commit, or remove it.`,
    };
  }
};

const Temporary = z.object({
  setup: z.array(PlannedCommand).default([]),
  verification: z.array(PlannedCommand).default([]),
  policy: Policy.default(defaultPolicy),
});

/** The branch that others agree on: the remote's, else the usual names, else the one that is checked out. Null: no commit yet. */
const defaultBranch = async (folder: string): Promise<string | null> => {
  for (const name of ['refs/remotes/origin/HEAD', 'refs/heads/main', 'refs/heads/master', 'HEAD']) {
    const found = await git(['rev-parse', '--verify', '--quiet', `${name}^{commit}`], { as: 'user', folder }).catch(
      () => null,
    );
    if (found?.ok === true) return name;
  }
  return null;
};
