import { gitOrThrow, pathBytes, type GitOptions } from '../../machine/git/git.ts';
import type { TreeEntry } from './tree-files.ts';

/** What one file of a result may have, and all versions of changed files together, bytes: git holds both versions of a file to compare them, and most hosts of repositories take no larger one. */
export interface ResultLimits {
  readonly fileBytes: number;
  readonly allBytes: number;
}

const mib = 1024 * 1024;
export const resultLimits: ResultLimits = { fileBytes: 100 * mib, allBytes: 512 * mib };

/** What a run changed is more than a person can be given to review. A sentence with a remedy; trying again would not help. @internal */
export class ResultTooLarge extends Error {
  override readonly name = 'ResultTooLarge';
}

/** Throws ResultTooLarge, before a byte of any content is read. */
export const checkResultSize = async (
  repository: GitOptions,
  sides: readonly Pick<TreeEntry, 'path' | 'object'>[],
  { fileBytes, allBytes }: ResultLimits,
): Promise<void> => {
  if (sides.length === 0) return;
  const args = ['cat-file', '--batch-check=%(objectsize)'];
  const input = sides.map(({ object }) => `${object}\n`).join('');
  const sizes = (await gitOrThrow(args, { ...repository, input })).toString().split('\n').map(Number);
  let all = 0;
  for (const [index, { path }] of sides.entries()) {
    const bytes = sizes[index] ?? 0;
    all += bytes;
    if (bytes > fileBytes)
      throw new ResultTooLarge(
        `${pathBytes(path).toString()} has ${bytes} bytes, and a file of a result may have ${fileBytes}. ${remedy}`,
      );
  }
  if (all > allBytes)
    throw new ResultTooLarge(`The changed files come to ${all} bytes, and a result may have ${allBytes}. ${remedy}`);
};

const remedy = 'Delete large files that are no part of the work, or have git ignore them.';
