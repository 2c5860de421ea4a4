import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { git, initBare, type Remote } from '../git/git.ts';
import { foreignLimits } from '../git/limits.ts';
import { listRemote, type RemoteFailure } from '../git/remote.ts';
import { temporaryFolder } from '../home/temporary-folder.ts';
import { authorOf, makeCommits, startOf, type CommitRequest } from './branch.ts';
import { findRepository, refused, type Refusal } from './user-repository.ts';

export interface PushRequest extends Omit<CommitRequest, 'own'> {
  readonly branch: string;
  /** What the branch has been so far; null: it is not there. */
  readonly onTop: string | null;
  readonly remote: Remote;
  /** ms since the epoch: the commit is the same one however often it is made. */
  readonly at: number;
}

export type Pushed =
  | { readonly outcome: 'pushed'; readonly commit: string; readonly adopted: boolean }
  | Refusal
  | RemoteFailure;

/**
 * Pushes a branch with the result to a remote, on top of the commit that it was delegated from, without what the person had not committed. The
 * person's repository is read and not touched, and its configuration does not say where the push goes. If the branch is there with that
 * very commit, nothing is pushed; if with another one, nothing either. Throws on broken I/O or if `read` does.
 */
export const pushBranch = async (request: PushRequest): Promise<Pushed> => {
  const { branch, onTop, remote, at } = request;
  const repository = await findRepository(request.repository);
  if ('outcome' in repository) return repository;
  await using scratch = await temporaryFolder('longhaul-push-');
  const author = { ...(await authorOf(repository)), date: `${Math.floor(at / 1000)} +0000` };
  const own = { ...request, own: false };
  const made = await makeCommits(repository, scratch.path, { request: { ...own, source: startOf(own) }, author });
  if (made.outcome === 'refused') return made;
  const { result: commit, options } = made;
  const listed = await listRemote(remote);
  if (listed.outcome === 'failed') return listed;
  const ref = `refs/heads/${branch}`;
  const there = listed.refs.get(ref) ?? null;
  if (there === commit) return { outcome: 'pushed', commit, adopted: true };
  if (there !== onTop) return elsewhere(branch, onTop, there);
  const gitDirectory = join(scratch.path, 'push.git');
  await mkdir(gitDirectory);
  await initBare(gitDirectory, repository.format);
  const args = ['push', '--porcelain', '--quiet', '--no-verify', `--force-with-lease=${ref}:${onTop ?? ''}`];
  const pushed = await git([...args, '--', remote.url, `${commit}:${ref}`], {
    gitDirectory,
    alternates: [join(scratch.path, 'objects'), ...(options.alternates ?? [])],
    remote,
    limits: foreignLimits,
  });
  if (pushed.ok) return { outcome: 'pushed', commit, adopted: false };
  const said = `${pushed.output.toString()}\n${pushed.errors}`;
  if (/\[rejected\]|stale info/.test(said)) return elsewhere(branch, onTop, 'another');
  const reason = /^(?:remote|fatal|error): *(.+)$/m.exec(pushed.errors)?.[1] ?? pushed.errors.split('\n').at(-1) ?? '';
  const forGood = /\[remote rejected\]|Authentication failed|could not read|returned error: 40|not found|denied/i.test(
    said,
  );
  return { outcome: 'failed', reason: `${remote.url}: ${reason}`, again: !forGood };
};

const elsewhere = (branch: string, onTop: string | null, there: string | null): Refusal =>
  refused(
    onTop === null
      ? `There is a branch ${branch} already.`
      : there === null
        ? `The branch ${branch} is gone.`
        : `Somebody has put other commits on the branch ${branch}.`,
    'Publish under another name for the branch (--branch).',
  );
