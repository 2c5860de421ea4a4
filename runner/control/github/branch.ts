import type { FileVersion } from '../../../shared/run/artifacts.ts';
import { withTrailer, type Effect, type EffectResult } from '../../../shared/run/effect.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { blobId } from '../../machine/git/blobs.ts';
import type { BranchGiven as Given } from '../forges/forge.ts';
import { gitHubTrouble, limited, statusOf, type Octokit } from './octokit.ts';
import type { GitHubRepository } from './repository.ts';

type BranchEffect = Extract<Effect, { kind: 'branch' }>;

interface BranchGiven extends Omit<Given, 'signal'> {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
}

/**
 * Makes a commit with the result by GitHub's API for git data, so that nothing but the changed files travels and an app's commits are
 * verified, and puts a branch on it. A commit or a blob that an attempt left without a branch is nobody's, and GitHub clears it away.
 * Throws EffectTrouble.
 */
export const publishBranch = async (effect: BranchEffect, given: BranchGiven): Promise<EffectResult> => {
  const { octokit, repository } = given;
  const { branch, onTop } = effect;
  const doing = `make the branch ${branch}`;
  try {
    const there = await headOfBranch(octokit, { ...repository, branch });
    if (there !== null && there.message.split('\n').includes(given.trailer)) return resultOf(effect, there.sha, true);
    if ((there?.sha ?? null) !== onTop) throw elsewhere(effect, there?.sha ?? null);
    const commit = await makeCommit(effect, given);
    const { git } = octokit.rest;
    if (onTop === null)
      await git.createRef({ ...repository, ref: `refs/heads/${branch}`, sha: commit, request: limited() });
    else await git.updateRef({ ...repository, ref: `heads/${branch}`, sha: commit, force: false, request: limited() });
    return resultOf(effect, commit, false);
  } catch (error) {
    throw gitHubTrouble(doing, error);
  }
};

const resultOf = ({ remote, branch }: BranchEffect, commit: string, adopted: boolean): EffectResult => ({
  reference: commit,
  url: `${remote.replace(/\.git$/, '')}/tree/${encodeURI(branch)}`,
  adopted,
  notes: [],
});

const elsewhere = ({ branch, onTop }: BranchEffect, sha: string | null): Trouble =>
  new Trouble(
    onTop === null
      ? `There is a branch ${branch} already.`
      : sha === null
        ? `The branch ${branch} is gone.`
        : `Somebody has put other commits on the branch ${branch}.`,
    { remedy: 'Publish under another name for the branch (--branch).' },
  );

const headOfBranch = async (
  octokit: Octokit,
  { branch, ...repository }: GitHubRepository & { readonly branch: string },
): Promise<{ readonly sha: string; readonly message: string } | null> => {
  try {
    const { git } = octokit.rest;
    const { data: ref } = await git.getRef({ ...repository, ref: `heads/${branch}`, request: limited() });
    const { data } = await git.getCommit({ ...repository, commit_sha: ref.object.sha, request: limited() });
    return { sha: data.sha, message: data.message };
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
};

const makeCommit = async (effect: BranchEffect, given: BranchGiven): Promise<string> => {
  const { octokit, repository, changes, read, trailer } = given;
  const { git } = octokit.rest;
  const { base, onTop, merges, message } = effect;
  const baseTree = await treeOfBase(effect, given);
  const tree: TreeEntry[] = [];
  for (const { before, after } of changes.files) {
    if (before !== null) await mustBe(before, { tree: baseTree, read, base });
    if (before !== null && before.path !== after?.path)
      tree.push({ path: before.path, mode: '100644', type: 'blob', sha: null });
    if (after === null) continue;
    const content = await read(after.blob);
    const { data } = await git.createBlob({
      ...repository,
      content: content.toString('base64'),
      encoding: 'base64',
      request: limited(),
    });
    tree.push({ path: after.path, mode: after.mode, type: 'blob', sha: data.sha });
  }
  const { data: made } = await git.createTree({
    ...repository,
    base_tree: baseTree.sha,
    tree,
    request: limited(),
  });
  const { data } = await git.createCommit({
    ...repository,
    message: `${withTrailer(message, trailer)}\n`,
    tree: made.sha,
    parents: [onTop ?? base, ...(merges === undefined ? [] : [merges])],
    request: limited(),
  });
  return data.sha;
};

interface TreeEntry {
  readonly path: string;
  readonly mode: FileVersion['mode'];
  readonly type: 'blob';
  readonly sha: string | null;
}

interface BaseTree {
  readonly sha: string;
  /** Mode and id by path. */
  readonly files: ReadonlyMap<string, string>;
}

const treeOfBase = async ({ base }: BranchEffect, { octokit, repository }: BranchGiven): Promise<BaseTree> => {
  const { git } = octokit.rest;
  const { data: commit } = await git
    .getCommit({ ...repository, commit_sha: base, request: limited() })
    .catch((error: unknown) => {
      if (statusOf(error) !== 404 && statusOf(error) !== 422) throw error;
      throw new Trouble(`The commit ${base.slice(0, 12)} that the run started from is not on GitHub.`, {
        remedy: 'Push the branch that it is on, then publish again.',
        cause: error,
      });
    });
  const { data } = await git.getTree({
    ...repository,
    tree_sha: commit.tree.sha,
    recursive: 'true',
    request: limited(),
  });
  if (data.truncated)
    throw new Trouble('The repository has more files than GitHub lists in one answer.', {
      remedy: 'Make a branch of the result here and push it: longhaul apply --branch.',
    });
  return {
    sha: commit.tree.sha,
    files: new Map(data.tree.map(({ path, mode, sha }) => [path ?? '', `${mode ?? ''} ${sha ?? ''}`])),
  };
};

/** What the person had not committed is in the result as well where the agent changed the same file: nobody asked to publish that. */
const mustBe = async (
  { path, mode, blob }: FileVersion,
  { tree, read, base }: { readonly tree: BaseTree; readonly read: BranchGiven['read']; readonly base: string },
): Promise<void> => {
  if (tree.files.get(path) === `${mode} ${blobId(await read(blob), base)}`) return;
  throw new Trouble(
    `${path} had changes that were not committed when the run was delegated; the result is made on top of them.`,
    {
      remedy: 'Apply the result to the working tree and commit it with them, or delegate again from a clean tree.',
    },
  );
};
