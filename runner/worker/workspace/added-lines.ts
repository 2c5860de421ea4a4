import { parsePatch } from '../../../shared/review/patch.ts';
import { git, type GitOptions } from '../../machine/git/git.ts';
import { foreignLimits } from '../../machine/git/limits.ts';

/** Of the patch that they are read from: a person reads less. */
const limits = { ...foreignLimits, outputBytes: 32 * 1024 * 1024 };
const link = '120000';

/** Lines that the second tree adds, by path, from 1, with renames as they are reviewed. Empty where the patch is larger than 32 MB. */
export const readAddedLines = async (
  repository: GitOptions,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const args = ['diff-tree', '-r', '-p', '-U0', '-M50%', '--no-ext-diff', '--no-textconv', '--no-color'];
  const prefixes = ['--src-prefix=a/', '--dst-prefix=b/'];
  const result = await git([...args, ...prefixes, from, to], { ...repository, limits });
  if (!result.ok) return new Map();
  const added = new Map<string, readonly number[]>();
  for (const { after, modes, changes } of parsePatch(result.output.toString('utf8'))) {
    const lines = changes.flatMap(({ after: { at, lines } }) => lines.map((_, index) => at + index + 1));
    if (after !== null && modes.after !== link && lines.length > 0) added.set(after, lines);
  }
  return added;
};
