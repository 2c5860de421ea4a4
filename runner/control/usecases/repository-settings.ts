import { stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { parseRepositoryConfig, type RepositoryConfig } from '../../../shared/recipe/repository-config.ts';
import { git, line } from '../../git/git.ts';

export type ReadConfig =
  /** Null: the repository brings none. */
  | { readonly outcome: 'ok'; readonly config: RepositoryConfig | null }
  | { readonly outcome: 'refused'; readonly reason: string; readonly remedy: string };

const file = '.longhaul/config.yaml';
const none: ReadConfig = { outcome: 'ok', config: null };
/** A person writes it; a file that is larger is something else. */
const maxBytes = 1_000_000;

/**
 * Reads `.longhaul/config.yaml` as the default branch has it. Never the working tree's or another branch's: an agent, or
 * whoever sends a pull request, could write itself a policy there. A repository without one has none.
 */
export const readRepositoryConfig = async (folder: string): Promise<ReadConfig> => {
  // What is wrong with such a path, the snapshot says.
  if (!(await stat(folder).catch(() => null))?.isDirectory()) return none;
  const branch = await defaultBranch(folder);
  if (branch === null) return none;
  const found = await git(['cat-file', 'blob', `${branch}:${file}`], { as: 'user', folder });
  if (!found.ok) return none;
  const faults = faultsOrConfig(found.output);
  if (!Array.isArray(faults)) return { outcome: 'ok', config: faults };
  return {
    outcome: 'refused',
    reason: `${file} of ${branch} cannot be used: ${faults.join(' ')}`,
    remedy: 'Correct it there and commit, or remove it.',
  };
};

const faultsOrConfig = (content: Buffer): RepositoryConfig | string[] => {
  if (content.length > maxBytes) return [`It has ${content.length} bytes; up to ${maxBytes} are read.`];
  try {
    const value: unknown = parse(content.toString('utf8'), { maxAliasCount: 100 });
    const parsed = parseRepositoryConfig(value);
    return parsed.outcome === 'ok' ? parsed.config : [...parsed.faults];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
};

/** The branch that others agree on: the remote's, else the usual names, else the one that is checked out. Null: there is none. */
export const defaultBranch = async (folder: string): Promise<string | null> => {
  const usual = ['refs/remotes/origin/HEAD', 'refs/heads/main', 'refs/heads/master'];
  const found = await git(['for-each-ref', '--format=%(refname)', ...usual], { as: 'user', folder });
  if (!found.ok) return null;
  const names = new Set(line(found.output).split('\n'));
  return usual.find((name) => names.has(name)) ?? 'HEAD';
};
