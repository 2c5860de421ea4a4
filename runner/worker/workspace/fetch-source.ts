import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
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
  if (from !== undefined) await fetchFrom(repository, { source, commit: from }, options);
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

const fetchFrom = async (
  repository: Repository,
  { source, commit }: { readonly source: Source; readonly commit: string },
  { origin }: FetchOptions,
): Promise<void> => {
  const url = remoteOf(source);
  if (url === null) throw new Error('this source has no remote');
  for (let attempt = 0; ; attempt += 1) {
    // Asked for each time: it is short-lived.
    const credential = await origin.credential();
    const fetched = await fetchObjects(repository, { url, credential }, { objects: [commit] });
    if (fetched.outcome === 'fetched') return;
    const wait = pausesMs[attempt];
    if (!fetched.again || wait === undefined)
      throw new SourceRefused(
        `The commit ${commit} cannot be fetched from ${fetched.reason}.`,
        'See that the remote still has it, and that the runner’s settings (remotes) let it read there; then delegate again.',
      );
    await pause(wait, undefined, repository.signal === undefined ? {} : { signal: repository.signal });
  }
};
