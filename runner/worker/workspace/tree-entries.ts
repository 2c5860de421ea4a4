import { splitNul } from '../../machine/git/git.ts';
import type { TreeEntry } from './tree-files.ts';

/** Of `git ls-files --stage -z`. */
export const parseIndex = (output: Buffer): TreeEntry[] =>
  splitNul(output).map((entry) => {
    const [mode = '', object = ''] = entry.split(' ');
    return { mode, object, path: entry.slice(entry.indexOf('\t') + 1) };
  });

export const isSubmodule = ({ mode }: Pick<TreeEntry, 'mode'>): boolean => mode === '160000';
