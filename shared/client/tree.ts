import type { TRPCClient } from '@trpc/client';
import type { ApiRouter } from '../api/router.ts';
import { TreeFile, TreePage, type TreeFileInput } from '../api/tree.ts';

/** The files of one tree that a run saved. */
export interface Tree {
  readonly tree: string;
  /** Paths from the root of the repository, as git orders them. */
  readonly files: readonly string[];
  /** False: it has more, which are too many to be listed. */
  readonly whole: boolean;
}

/** Files that are listed: more than the largest repositories have that one works on. */
const mostFiles = 500_000;

/** The last tree that a run saved, or that one of them. Throws what the API throws. */
export const readTree = async (
  api: TRPCClient<ApiRouter>,
  { run, tree = null }: { readonly run: string; readonly tree?: string | null },
): Promise<Tree> => {
  const files: string[] = [];
  let page = TreePage.parse(await api.runs.tree.query({ run, tree }));
  for (;;) {
    files.push(...page.files);
    if (page.next === null || page.files.length === 0 || files.length >= mostFiles)
      return { tree: page.tree, files, whole: page.next === null };
    page = TreePage.parse(await api.runs.tree.query({ run, tree: page.tree, after: page.next, limit: 10_000 }));
  }
};

/** One of those files. Throws what the API throws. */
export const readTreeFile = async (api: TRPCClient<ApiRouter>, input: TreeFileInput): Promise<TreeFile> =>
  TreeFile.parse(await api.runs.treeFile.query(input));
