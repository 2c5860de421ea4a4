import { join } from 'node:path';
import type { Source } from '../../../shared/run/source.ts';
import { BundleRefused, takeBundle } from '../git/bundle.ts';
import { git, initBare } from '../git/git.ts';
import { temporaryFolder } from '../home/temporary-folder.ts';
import { findRepository, userOptions } from './user-repository.ts';

export type OpenSource = AsyncDisposable & { readonly gitDirectory: string };

/** What is needed to get at the source of a run that lies on no disk here. */
export interface SourcePlace {
  /** A folder in the work tree of the person's repository, which has what a thin bundle leaves out. */
  readonly repository: string;
  /** Writes a blob of the run to a file; false: it is not kept any more. */
  readonly fetch: (hash: string, file: string) => Promise<boolean>;
}

/**
 * A git directory with the commit that a run started from, where that is not in the person's repository itself: a dirty tree
 * that went along. Null: it is there, or cannot be had any more.
 */
export const openSource = async (source: Source, { repository, fetch }: SourcePlace): Promise<OpenSource | null> => {
  if (source.kind === 'local')
    return { gitDirectory: source.gitDirectory, [Symbol.asyncDispose]: () => Promise.resolve() };
  const person = await findRepository(repository);
  if ('outcome' in person || source.kind === 'remote') return null;
  if ((await git(['cat-file', '-e', `${source.commit}^{tree}`], userOptions(person))).ok) return null;
  await using folders = new AsyncDisposableStack();
  const { path: gitDirectory } = folders.use(await temporaryFolder('longhaul-source-'));
  const own = { gitDirectory, alternates: [person.objects] };
  await initBare(gitDirectory, person.format);
  const file = join(gitDirectory, 'source.bundle');
  if (!(await fetch(source.blob, file))) return null;
  const since = source.needs === null ? [] : [source.needs.commit];
  try {
    await takeBundle(own, file, { commit: source.commit, since, maxTreeBytes: Infinity });
  } catch (error) {
    if (error instanceof BundleRefused) return null;
    throw error;
  }
  const held = folders.move();
  return { gitDirectory, [Symbol.asyncDispose]: () => held.disposeAsync() };
};
