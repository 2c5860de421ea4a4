import type { GitHub } from './github.ts';

const place = { owner: 'acme', repo: 'shop' };

export interface Proposed {
  /** Whose pull request it is. */
  readonly by: string;
  readonly branch: string;
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
}

/** A pull request of a person's, from a branch beside main with these files; returns its number. What git serves has the branch, too. */
export const proposed = async (github: GitHub, { by, branch, title, files }: Proposed): Promise<number> => {
  const { git, pulls } = await github.as(by);
  const { data: main } = await git.getRef({ ...place, ref: 'heads/main' });
  const { data: base } = await git.getCommit({ ...place, commit_sha: main.object.sha });
  const tree = await Promise.all(
    Object.entries(files).map(async ([path, content]) => {
      const { data } = await git.createBlob({ ...place, content, encoding: 'utf-8' });
      return { path, mode: '100644', type: 'blob', sha: data.sha } as const;
    }),
  );
  const { data: whole } = await git.createTree({ ...place, base_tree: base.tree.sha, tree });
  const { data: commit } = await git.createCommit({
    ...place,
    message: `${title}\n`,
    tree: whole.sha,
    parents: [main.object.sha],
  });
  await git.createRef({ ...place, ref: `refs/heads/${branch}`, sha: commit.sha });
  const { data: pull } = await pulls.create({ ...place, head: branch, base: 'main', title, body: 'As we said.' });
  await github.sync();
  return pull.number;
};
