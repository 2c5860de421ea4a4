import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { CredentialOf } from '../../../shared/api/worker-api.ts';
import type { BaseCommit } from '../../../shared/run/base-commit.ts';
import { remoteOf, type Source } from '../../../shared/run/source.ts';
import { BundleRefused, checkTree, takeBundle } from '../../machine/git/bundle.ts';
import type { GitOptions } from '../../machine/git/git.ts';
import { fetchObjects } from '../../machine/git/remote.ts';
import { SourceRefused, type Origin } from './workspace.ts';

/** Tries at a remote that does not answer, and the pauses between them. */
const pausesMs = [1_000, 4_000, 10_000];

export interface FetchOptions {
  readonly origin: Origin;
  /** What the files of the tree may come to, all together. */
  readonly maxTreeBytes: number;
  /** Where a bundle lies while it is taken in. */
  readonly file: string;
}

type Repository = GitOptions & { readonly gitDirectory: string };

/** Brings the commit of a source with all its files into an empty repository. Throws SourceRefused. */
export const fetchSource = async (
  repository: Repository,
  source: Exclude<Source, { kind: 'local' }>,
  options: FetchOptions,
): Promise<void> => {
  const { commit } = source;
  const { origin, maxTreeBytes, file } = options;
  const from = source.kind === 'remote' ? commit : source.needs?.commit;
  const url = remoteOf(source);
  if (from !== undefined && url !== null) await fetchFrom(repository, { url, commit: from, of: 'source' }, options);
  try {
    if (source.kind === 'remote') return await checkTree(repository, { commit, maxTreeBytes });
    await origin.blob(source.blob, file);
    const since = source.needs === null ? [] : [source.needs.commit];
    await takeBundle(repository, file, { commit, since, maxTreeBytes });
  } catch (error) {
    if (!(error instanceof BundleRefused)) throw error;
    const what = source.kind === 'remote' ? `The commit ${commit}` : 'The uploaded snapshot';
    throw new SourceRefused(`${what} cannot be used. ${error.message}`, 'Put that right and delegate again.');
  } finally {
    await rm(file, { force: true });
  }
};

/** Brings a commit of a remote, with all its files and no history, into the checkpoints of a run. Throws SourceRefused. */
export const fetchBase = async (
  repository: Repository,
  { remote: url, commit }: BaseCommit,
  { origin, maxTreeBytes }: Omit<FetchOptions, 'file'>,
): Promise<void> => {
  await fetchFrom(repository, { url, commit, of: 'base' }, { origin });
  try {
    await checkTree(repository, { commit, maxTreeBytes });
  } catch (error) {
    if (!(error instanceof BundleRefused)) throw error;
    throw new SourceRefused(
      `The commit ${commit} of ${url} cannot be merged with. ${error.message}`,
      'Merge it by hand, in the branch of the pull request.',
    );
  }
};

const fetchFrom = async (
  repository: Repository,
  { url, commit, of }: { readonly url: string; readonly commit: string; readonly of: CredentialOf },
  { origin }: Pick<FetchOptions, 'origin'>,
): Promise<void> => {
  for (let attempt = 0; ; attempt += 1) {
    // Asked for each time: it is short-lived.
    const credential = await origin.credential(of);
    const fetched = await fetchObjects(repository, { url, credential }, { objects: [commit] });
    if (fetched.outcome === 'fetched') return;
    const wait = pausesMs[attempt];
    if (!fetched.again || wait === undefined)
      throw new SourceRefused(
        `The commit ${commit} cannot be fetched from ${fetched.reason}.`,
        `See that the remote still has it, and that the runner’s settings (remotes) let it read there; then ${of === 'source' ? 'delegate again' : 'have the run go on (longhaul resume)'}.`,
      );
    await pause(wait, undefined, repository.signal === undefined ? {} : { signal: repository.signal });
  }
};
