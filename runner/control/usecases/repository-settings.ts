import { parse } from 'yaml';
import { parseRepositoryConfig, type RepositoryConfig } from '../../../shared/recipe/repository-config.ts';
import type { Remote } from '../../machine/git/git.ts';
import { fetchObjects, inEmptyRepository } from '../../machine/git/remote.ts';
import {
  settingsAt,
  settingsLimits,
  settingsObjects,
  type RepositorySettings,
} from '../../machine/repository/settings.ts';
import { refused } from './plane.ts';

/** What `.longhaul/config.yaml` says; null: the repository brings none. Throws RefusedError where it cannot be used. */
export const configIn = (settings: RepositorySettings | null): RepositoryConfig | null => {
  const file = settings?.files.find(({ path }) => path === 'config.yaml');
  if (settings === null || file === undefined) return null;
  const faults = faultsOrConfig(file);
  if (!Array.isArray(faults)) return faults;
  throw refused(
    'invalid',
    `.longhaul/config.yaml of ${settings.branch} cannot be used: ${faults.join(' ')}`,
    'Correct it there and commit, or remove it.',
  );
};

const faultsOrConfig = ({ text, bytes }: RepositorySettings['files'][number]): RepositoryConfig | string[] => {
  if (text === null) return [`It has ${bytes} bytes; up to ${settingsLimits.configBytes} are read.`];
  try {
    const value: unknown = parse(text, { maxAliasCount: 100 });
    const parsed = parseRepositoryConfig(value);
    return parsed.outcome === 'ok' ? parsed.config : [...parsed.faults];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
};

/**
 * What a remote says of itself, at a commit of its default branch. Of what is there only the folders and those files are
 * fetched, where the server can leave out the rest. Throws RefusedError.
 */
export const settingsOfRemote = (
  remote: Remote,
  { commit, branch }: { readonly commit: string; readonly branch: string },
): Promise<RepositorySettings> =>
  inEmptyRepository(commit.length === 64 ? 'sha256' : 'sha1', async (repository) => {
    await fetched(fetchObjects(repository, remote, { objects: [commit], without: 'blob:none' }));
    // A server that cannot leave out the rest has sent them already; then nothing comes of this.
    const objects = await settingsObjects(repository, commit);
    if (objects.length > 0) await fetched(fetchObjects(repository, remote, { objects }));
    return settingsAt(repository, commit, branch);
  });

const fetched = async (fetching: ReturnType<typeof fetchObjects>): Promise<void> => {
  const done = await fetching;
  if (done.outcome === 'failed')
    throw refused(
      'conflict',
      `The default branch cannot be read from ${done.reason}.`,
      'Check that the runner may read that remote (remotes in its config.yaml), and try again.',
    );
};
