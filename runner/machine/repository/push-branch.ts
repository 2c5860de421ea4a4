import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { plural } from '../../../shared/text/figures.ts';
import { git, gitOrThrow, initBare, line, type GitOptions, type Remote } from '../git/git.ts';
import { foreignLimits } from '../git/limits.ts';
import { fetchObjects, listRemote, type RemoteFailure } from '../git/remote.ts';
import { temporaryFolder } from '../home/temporary-folder.ts';
import { authorOf, makeCommits, startOf, type CommitRequest } from './branch.ts';
import { publicUrl } from './upload.ts';
import { findRepository, refused, userOptions, type Refusal, type UserRepository } from './user-repository.ts';

export interface PushRequest extends Omit<CommitRequest, 'own'> {
  readonly branch: string;
  /** What the branch has been so far; null: it is not there. */
  readonly onTop: string | null;
  readonly remote: Remote;
  /** ms since the epoch: the commit is the same one however often it is made. */
  readonly at: number;
  readonly signal: AbortSignal;
}

export type Pushed =
  | { readonly outcome: 'pushed'; readonly commit: string; readonly adopted: boolean }
  | Refusal
  | RemoteFailure;

/** A commit that is ready to be pushed, with where git is to be run to do it. */
interface Ready {
  readonly outcome: 'ready';
  readonly commit: string;
  readonly options: GitOptions & { readonly gitDirectory: string };
}

/**
 * Pushes a branch with the result to a remote, on top of the commit that it was delegated from, without what the person had not committed. The
 * person's repository is read and not touched, and its configuration does not say where the push goes. If the branch is there with that
 * very commit, nothing is pushed; if with another one, nothing either. Throws on broken I/O, with the signal's reason, or if `read` does.
 */
export const pushBranch = async (request: PushRequest): Promise<Pushed> => {
  await using scratch = await temporaryFolder('longhaul-push-');
  const ready = await makeReady(request, scratch.path);
  return ready.outcome === 'ready' ? await push(request, ready) : ready;
};

/** Why it would not be pushed as things are; null: it would. Pushes nothing. Throws as `pushBranch` does. */
export const whyNotPushed = async (request: PushRequest): Promise<Refusal | RemoteFailure | null> => {
  await using scratch = await temporaryFolder('longhaul-push-');
  const ready = await makeReady(request, scratch.path);
  return ready.outcome === 'ready' || ready.outcome === 'pushed' ? null : ready;
};

const makeReady = async (request: PushRequest, scratch: string): Promise<Ready | Pushed> => {
  const { branch, onTop, remote, at, signal } = request;
  const repository = await findRepository(request.repository);
  if ('outcome' in repository) return repository;
  const own = { ...request, own: false };
  const source = startOf(own);
  const listed = await listRemote(remote, signal);
  if (listed.outcome === 'failed') return listed;
  const there = listed.refs.get(refOf(branch)) ?? null;
  const gitDirectory = join(scratch, 'push.git');
  await mkdir(gitDirectory);
  await initBare(gitDirectory, repository.format);
  if (onTop !== null) {
    // An earlier round's commit is on the remote and nowhere else.
    const fetched = await fetchObjects({ gitDirectory, signal }, remote, { objects: [onTop] });
    if (fetched.outcome === 'failed') return there === null ? elsewhere(branch, onTop, there) : fetched;
  } else {
    const unpushed = await unpushedBelow(repository, { commit: source.head, remote, tips: listed.refs });
    if (unpushed !== null) return unpushed;
  }
  const author = { ...(await authorOf(repository)), date: `@${Math.floor(at / 1000)} +0000` };
  const alternates = [join(gitDirectory, 'objects')];
  const made = await makeCommits(repository, scratch, {
    request: { ...own, source, alternates, remedy: notCommitted },
    author,
  });
  if (made.outcome === 'refused') return made;
  const { result: commit, options } = made;
  if (there === commit) return { outcome: 'pushed', commit, adopted: true };
  if (there !== onTop) return elsewhere(branch, onTop, there);
  const objects = [join(scratch, 'objects'), ...(options.alternates ?? [])];
  return {
    outcome: 'ready',
    commit,
    options: { gitDirectory, alternates: objects, remote, limits: foreignLimits, signal },
  };
};

const refOf = (branch: string): string => `refs/heads/${branch}`;

const push = async ({ branch, onTop, remote, signal }: PushRequest, { commit, options }: Ready): Promise<Pushed> => {
  const ref = refOf(branch);
  const args = ['push', '--porcelain', '--quiet', '--no-verify', `--force-with-lease=${ref}:${onTop ?? ''}`];
  const pushed = await git([...args, '--', remote.url, `${commit}:${ref}`], options);
  if (pushed.ok) return { outcome: 'pushed', commit, adopted: false };
  // An earlier attempt, whose runner is gone, may have come about meanwhile.
  const now = await listRemote(remote, signal);
  const meanwhile = now.outcome === 'listed' ? (now.refs.get(ref) ?? null) : onTop;
  if (meanwhile === commit) return { outcome: 'pushed', commit, adopted: true };
  if (meanwhile !== onTop) return elsewhere(branch, onTop, meanwhile);
  const said = `${pushed.output.toString()}\n${pushed.errors}`;
  const reason = /^(?:remote|fatal|error): *(.+)$/m.exec(pushed.errors)?.[1] ?? pushed.errors.split('\n').at(-1) ?? '';
  const forGood = /\[remote rejected\]|Authentication failed|could not read|returned error: 40|not found|denied/i;
  return { outcome: 'failed', reason: `${remote.url}: ${reason}`, again: !forGood.test(said) };
};

const notCommitted =
  'Apply the result to the working tree and commit it with them, or delegate again from a tree without uncommitted changes.';

/** A push takes along what is below its commit: what the person has not pushed is not for a run to publish. Null: there is nothing such. */
const unpushedBelow = async (
  repository: UserRepository,
  {
    commit,
    remote,
    tips,
  }: { readonly commit: string | null; readonly remote: Remote; readonly tips: ReadonlyMap<string, string> },
): Promise<Refusal | null> => {
  if (commit === null) return null;
  const options = userOptions(repository);
  const urls = await git(['config', '-z', '--get-regexp', String.raw`^remote\..*\.url$`], options);
  const tracking = urls.output
    .toString()
    .split('\0')
    .map((entry) => entry.split('\n'))
    .filter(([, url = '']) => publicUrl(url) === remote.url || url === remote.url)
    .map(([key = '']) => `--remotes=${key.slice('remote.'.length, -'.url'.length)}`);
  // Tips that are not here are passed over: what is below them here is known by what was fetched.
  const args = ['rev-list', '--count', '--ignore-missing', commit, '--not', ...tracking, '--stdin'];
  const input = [...tips.values()].map((tip) => `^${tip}\n`).join('');
  const counted = line(await gitOrThrow(args, { ...options, input }));
  if (counted === '0') return null;
  return refused(
    `The result stands on ${plural(Number(counted), 'commit')} that ${remote.url} does not have, and publishing it would publish them.`,
    'Push the branch that you delegated from first, then publish again.',
  );
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
