import { constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '../../../shared/run/source.ts';
import { gitOrThrow, type GitOptions } from '../../machine/git/git.ts';
import { sourceFolder } from '../../machine/git/source-folder.ts';
import { fetchSource, type FetchOptions } from './fetch-source.ts';
import { sync } from './sync.ts';
import { SourceRefused } from './workspace.ts';

/** The git directory of a run's checkpoints. */
export interface Repository extends GitOptions {
  readonly gitDirectory: string;
}

/**
 * The highest precedence of all attributes, above each `.gitattributes` that a command may write: contents go in and out byte for
 * byte, no driver of any kind is chosen by the tree, and git alone decides what is binary.
 */
const attributes =
  '* -text !eol !crlf !ident !filter !working-tree-encoding !diff !merge !delta !encoding !export-ignore !export-subst !whitespace !conflict-marker-size\n';

/** The run's log will name a checkpoint once it is made, so it must be on disk; in one batch, because one by one costs twice as much. */
export const durable = ['core.fsync=committed,loose-object', 'core.fsyncMethod=batch'];

/** The ignore rules that are not in the tree. A remote has none. */
const excludeOf = (source: Source, runFolder: string): Buffer | string => {
  switch (source.kind) {
    case 'local': {
      const file = join(sourceFolder(source, runFolder), 'info', 'exclude');
      return existsSync(file) ? readFileSync(file) : '';
    }
    case 'bundle':
      return source.exclude;
    case 'remote':
      return '';
  }
};

/** Makes the repository and brings the source's objects into it. Throws SourceRefused. */
export const createCheckpoints = async (
  repository: Repository,
  source: Source,
  fetch: Pick<FetchOptions, 'maxTreeBytes'> & {
    readonly origin: FetchOptions['origin'] | null;
    readonly runFolder: string;
  },
): Promise<void> => {
  const { gitDirectory } = repository;
  if (source.kind === 'local' && !existsSync(sourceFolder(source, fetch.runFolder)))
    throw new SourceRefused(
      `The code that this run began with is gone: ${sourceFolder(source, fetch.runFolder)} is not there.`,
      'Put it back from a backup, or delegate the task again.',
    );
  const format = source.commit.length === 64 ? 'sha256' : 'sha1';
  const branch = source.branch ?? 'main';
  mkdirSync(gitDirectory, { mode: 0o700 });
  const init = ['init', '-q', '--bare', '--template=', `--object-format=${format}`, `--initial-branch=${branch}`];
  await gitOrThrow(init, repository);
  mkdirSync(join(gitDirectory, 'info'), { recursive: true });
  writeFileSync(join(gitDirectory, 'info', 'attributes'), attributes);
  writeFileSync(join(gitDirectory, 'info', 'exclude'), excludeOf(source, fetch.runFolder));
  if (source.kind === 'local') {
    await cp(join(sourceFolder(source, fetch.runFolder), 'objects'), join(gitDirectory, 'objects'), {
      recursive: true,
      mode: constants.COPYFILE_FICLONE,
    });
    const packs = join(gitDirectory, 'objects', 'pack');
    for (const name of readdirSync(packs)) sync(join(packs, name));
    return;
  }
  const { origin, maxTreeBytes } = fetch;
  if (origin === null) throw new Error(`a workspace without an origin cannot fetch a ${source.kind} source`);
  await fetchSource(repository, source, { origin, maxTreeBytes, file: `${gitDirectory}.bundle` });
};
