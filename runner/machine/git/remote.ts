import { temporaryFolder } from '../home/temporary-folder.ts';
import { foreignLimits, type GitLimits } from './limits.ts';
import { git, initBare, type GitOptions, type GitResult, type Remote } from './git.ts';

type Repository = GitOptions & { readonly gitDirectory: string };

/** A place for git to stand in where no configuration is but ours. It goes away afterwards. */
export const inEmptyRepository = async <Value>(
  format: 'sha1' | 'sha256',
  work: (repository: Repository) => Promise<Value>,
): Promise<Value> => {
  await using folder = await temporaryFolder('longhaul-git-');
  const gitDirectory = folder.path;
  await initBare(gitDirectory, format);
  return await work({ gitDirectory });
};

/** Why something could not be had from a remote. `again`: it may be there in a moment. */
export interface RemoteFailure {
  readonly outcome: 'failed';
  readonly reason: string;
  readonly again: boolean;
}

/** What git says of a remote that will say the same the next time. */
const forGood =
  /not found|not our ref|couldn't find remote ref|Authentication failed|could not read (Username|Password)|returned error: 40[0-9]|unable to update url base from redirection|redirect|transport '.*' not allowed|does not appear to be a git repository|not a valid|did not receive|out of memory|bytes of output|upload-pack: not our ref/i;

const failure = (url: string, { errors }: Extract<GitResult, { ok: false }>): RemoteFailure => {
  const said = errors.split('\n').filter((line) => /^(fatal|error|remote):/.test(line));
  const reason = (said.at(-1) ?? errors.split('\n').at(-1) ?? '').replace(/^(fatal|error|remote): */, '');
  return { outcome: 'failed', reason: `${url}: ${reason}`, again: !forGood.test(errors) };
};

/**
 * Fetches commits with all their files and none of their history, or other objects; no ref is made. `without` names what the
 * server may leave out, as git's filters do.
 */
export const fetchObjects = async (
  repository: Repository,
  remote: Remote,
  { objects, without }: { readonly objects: readonly string[]; readonly without?: string },
): Promise<{ readonly outcome: 'fetched' } | RemoteFailure> => {
  const filter = without === undefined ? [] : [`--filter=${without}`];
  const args = [
    'fetch',
    '--quiet',
    '--depth=1',
    ...filter,
    '--no-tags',
    '--no-write-fetch-head',
    '--no-auto-maintenance',
  ];
  const fetched = await git([...args, '--', remote.url, ...objects], {
    ...repository,
    remote,
    config: checked(repository),
    limits: repository.limits ?? foreignLimits,
  });
  return fetched.ok ? { outcome: 'fetched' } : failure(remote.url, fetched);
};

const checked = ({ config }: Repository): readonly string[] => [...(config ?? []), 'fetch.fsckObjects=true'];

/** Refs of a remote by their full names, and which of them is its default branch. */
export interface RemoteRefs {
  readonly outcome: 'listed';
  readonly refs: ReadonlyMap<string, string>;
  /** Full name; null: it does not say, or is empty. */
  readonly defaultBranch: string | null;
}

/** Asks a remote for its branches and tags. */
export const listRemote = async (
  remote: Remote,
  signal?: AbortSignal,
  limits: GitLimits = foreignLimits,
): Promise<RemoteRefs | RemoteFailure> => {
  const listed = await inEmptyRepository('sha1', (repository) =>
    git(['ls-remote', '--quiet', '--symref', '--', remote.url], { ...repository, remote, limits, signal }),
  );
  if (!listed.ok) return failure(remote.url, listed);
  const refs = new Map<string, string>();
  let defaultBranch: string | null = null;
  for (const line of listed.output.toString().split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    if (name === 'HEAD' && value.startsWith('ref: ')) defaultBranch = value.slice('ref: '.length);
    // A tag object's own line comes first, then what it points to: the commit is what counts.
    else if (/^[0-9a-f]{40,64}$/.test(value)) refs.set(name.replace(/\^\{\}$/, ''), value);
  }
  return { outcome: 'listed', refs, defaultBranch };
};

/** The commit that a name means there: a branch, else a tag, else a full ref name, else a commit id as it is. Null: none. */
export const resolveRef = (
  { refs }: RemoteRefs,
  ref: string,
): { readonly commit: string; readonly branch: string | null } | null => {
  for (const name of [`refs/heads/${ref}`, `refs/tags/${ref}`, ref]) {
    const commit = refs.get(name);
    if (commit !== undefined)
      return { commit, branch: name.startsWith('refs/heads/') ? name.slice('refs/heads/'.length) : null };
  }
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(ref) ? { commit: ref, branch: null } : null;
};
