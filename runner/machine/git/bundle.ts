import { open, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { foreignLimits, wantsMemory, type GitLimits } from './limits.ts';
import { endOf, gitOrThrow, gitToFile, line, startGit, type GitOptions } from './git.ts';

type Repository = GitOptions & { readonly gitDirectory: string };

/** Git that reads what comes from outside has limits, these or others. */
const within = (repository: Repository): Repository & { readonly limits: GitLimits } => ({
  ...repository,
  limits: repository.limits ?? foreignLimits,
});

const tooMuchMemory = ({ limits }: { readonly limits: GitLimits }): BundleRefused =>
  new BundleRefused(`Git needs more than ${limits.memoryBytes} bytes of memory to read it.`);

/** What goes into a bundle. Its history stays out where `whole` says so: then it stands without parents, as a shallow clone has it. */
export interface BundleContent {
  readonly commit: string;
  /** What its reader has: their objects are left out. */
  readonly since: readonly string[];
  readonly whole: boolean;
}

/** What a bundle has to be before anything in it is used. */
export interface ExpectedBundle {
  readonly commit: string;
  /** Commits that it may rely on; the reader has them. */
  readonly since: readonly string[];
  /** Bytes that the files of its tree may come to. */
  readonly maxTreeBytes: number;
}

/** A bundle that is not what it was said to be. A sentence; nothing of it is in use. */
export class BundleRefused extends Error {
  override readonly name = 'BundleRefused';
}

/** The name of the one ref in our bundles. */
const ref = 'refs/longhaul/base';
/** A header of ours has a few lines. */
const longestHeader = 16_384;

const headerOf = ({ commit, since }: BundleContent): string =>
  [
    ...(commit.length === 64 ? ['# v3 git bundle', '@object-format=sha256'] : ['# v2 git bundle']),
    ...since.map((oid) => `-${oid} `),
    `${commit} ${ref}`,
    '',
    '',
  ].join('\n');

/**
 * Writes a git bundle (gitformat-bundle) with one ref to `file`, and returns its size in bytes. By `pack-objects` itself:
 * `git bundle create` knows no commit without its history. Throws a GitError if objects are missing.
 */
export const writeBundle = async (repository: Repository, content: BundleContent, file: string): Promise<number> => {
  const { commit, since, whole } = content;
  await writeFile(file, headerOf(content), { mode: 0o600 });
  // --shallow: what is left out need not be among the commit's ancestors, of which it has none.
  const thin = whole ? ['--thin', '--shallow'] : ['--thin'];
  const args = ['pack-objects', '-q', '--revs', ...thin, '--delta-base-offset', '--stdout'];
  const revisions = [...(whole ? [`--shallow ${commit}`] : []), commit, ...since.map((oid) => `^${oid}`), ''];
  await gitToFile(args, { ...repository, input: revisions.join('\n') }, { file, flags: 'a' });
  return (await stat(file)).size;
};

interface Header {
  readonly offset: number;
  readonly commits: readonly string[];
  readonly since: readonly string[];
}

/** What the beginning of a bundle says; null: it is none, or none that Longhaul wrote. */
const parseHeader = (head: Buffer): Header | null => {
  const text = head.subarray(0, longestHeader).toString('latin1');
  const end = text.indexOf('\n\n');
  const [signature = '', ...lines] = end < 0 ? [] : text.slice(0, end).split('\n');
  if (!/^# v[23] git bundle$/.test(signature)) return null;
  const since: string[] = [];
  const commits: string[] = [];
  for (const item of lines) {
    const prerequisite = /^-([0-9a-f]{40,64})(?: .*)?$/.exec(item)?.[1];
    const tip = /^([0-9a-f]{40,64}) refs\/longhaul\/base$/.exec(item)?.[1];
    if (prerequisite !== undefined) since.push(prerequisite);
    else if (tip !== undefined) commits.push(tip);
    else if (item !== '@object-format=sha256' && item !== '@object-format=sha1') return null;
  }
  return { offset: end + 2, commits, since };
};

/** Why a bundle with this beginning is not the one that is expected, as a sentence; null: it may be. */
export const headerProblem = (head: Buffer, expected: Pick<ExpectedBundle, 'commit' | 'since'>): string | null => {
  const header = parseHeader(head);
  if (header === null) return 'It is no git bundle of a snapshot.';
  const [commit, ...others] = header.commits;
  if (commit !== expected.commit || others.length > 0)
    return `It holds ${header.commits.join(', ') || 'nothing'} and not ${expected.commit}.`;
  const foreign = header.since.find((oid) => !expected.since.includes(oid));
  return foreign === undefined ? null : `It relies on ${foreign}, which its delegation does not name.`;
};

/**
 * Takes a bundle's objects into a repository. It comes from outside: its header must be the expected one, its pack must be
 * whole and hold well-formed objects, and all of the commit's tree must be there. As objects are named by their content, no bundle can
 * give a commit other files than its id stands for. Throws BundleRefused, with the objects in nobody's way.
 */
export const takeBundle = async (repository: Repository, file: string, expected: ExpectedBundle): Promise<void> => {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(longestHeader);
    const { bytesRead } = await handle.read(head, 0, longestHeader, 0);
    const wrong = headerProblem(head.subarray(0, bytesRead), expected);
    if (wrong !== null) throw new BundleRefused(wrong);
    const start = parseHeader(head.subarray(0, bytesRead))?.offset ?? 0;
    await index(repository, handle.createReadStream({ start, autoClose: false }));
  } finally {
    await handle.close();
  }
  await checkTree(repository, expected);
};

/** So that an object of gigabytes is streamed and a chain of deltas held in parts. A pack is never larger than what its upload may be. */
const modest = ['core.bigFileThreshold=16m', 'core.deltaBaseCacheLimit=64m', 'pack.threads=1'];
const mostPackBytes = 64 * 1024 ** 3;

const index = async (given: Repository, pack: NodeJS.ReadableStream): Promise<void> => {
  const repository = within(given);
  const child = startGit(
    ['index-pack', '--stdin', '--fix-thin', '--fsck-objects', `--max-input-size=${mostPackBytes}`],
    {
      ...repository,
      config: [...(repository.config ?? []), ...modest],
    },
  );
  const end = endOf(child);
  child.stdout.resume();
  // Where git stops reading it says why, and that is what counts.
  await pipeline(pack, child.stdin).catch(() => {});
  const { code, errors } = await end;
  if (code !== 0 && wantsMemory(errors)) throw tooMuchMemory(repository);
  if (code !== 0) throw new BundleRefused(`Its pack cannot be used: ${errors.split('\n').at(-1) ?? ''}.`);
};

interface TreeLimits {
  readonly entries: number;
  /** Of all paths together. */
  readonly pathBytes: number;
  readonly longestPath: number;
}

/** What a tree from outside may have, whatever its files come to: some hundred bytes of nested trees can name ten million paths. */
const treeLimits: TreeLimits = { entries: 1_000_000, pathBytes: 200_000_000, longestPath: 4095 };
/** Looking through a tree of a million files takes seconds. */
const checkMs = 300_000;

/**
 * Every file of the commit's tree must be there, and all of them together must fit. Read as git walks it, and ended at the first thing that is too much: nothing
 * holds the whole list. Throws BundleRefused.
 */
export const checkTree = async (
  given: Repository,
  { commit, maxTreeBytes }: Pick<ExpectedBundle, 'commit' | 'maxTreeBytes'>,
  limits: TreeLimits = treeLimits,
): Promise<void> => {
  const repository = within(given);
  const tally = new TreeTally(limits, maxTreeBytes);
  const timeout = AbortSignal.timeout(checkMs);
  const child = startGit(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], repository);
  const end = endOf(child);
  end.catch(() => {});
  child.stdin.end();
  try {
    for await (const chunk of child.stdout) {
      // safe: no encoding is set, so that the stream gives buffers
      tally.add(chunk as Buffer);
      if (timeout.aborted) throw new BundleRefused('Its tree takes too long to look through.');
    }
  } finally {
    child.kill('SIGKILL');
    await end;
  }
  const { code, errors } = await end;
  if (code !== 0 && wantsMemory(errors)) throw tooMuchMemory(repository);
  if (code !== 0) throw new BundleRefused(`Its tree is not whole: ${errors.split('\n')[0] ?? ''}.`);
  tally.finish();
};

class TreeTally {
  readonly #limits: TreeLimits;
  readonly #maxTreeBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  #entries = 0;
  #pathBytes = 0;
  #bytes = 0;

  constructor(limits: TreeLimits, maxTreeBytes: number) {
    this.#limits = limits;
    this.#maxTreeBytes = maxTreeBytes;
  }

  add(chunk: Buffer): void {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = all.indexOf(0); end >= 0; end = all.indexOf(0, from)) {
      this.#entry(all.subarray(from, end));
      from = end + 1;
    }
    this.#rest = all.subarray(from);
    // Names without end: what is held of one entry stays small.
    if (this.#rest.length > this.#limits.longestPath + 200) this.#tooLong();
  }

  finish(): void {
    if (this.#bytes > this.#maxTreeBytes)
      throw new BundleRefused(
        `Its files come to ${this.#bytes} bytes, and ${this.#maxTreeBytes} are allowed (sandbox.workspaceBytes).`,
      );
  }

  #entry(entry: Buffer): void {
    const tab = entry.indexOf(0x09);
    const [mode = '', , object = '', size = ''] = entry.subarray(0, tab).toString('latin1').split(/ +/);
    const pathBytes = entry.length - tab - 1;
    this.#entries += 1;
    this.#pathBytes += pathBytes;
    if (pathBytes > this.#limits.longestPath) this.#tooLong();
    if (this.#entries > this.#limits.entries)
      throw new BundleRefused(`It has more than ${this.#limits.entries} files, which is more than any run takes.`);
    if (this.#pathBytes > this.#limits.pathBytes)
      throw new BundleRefused(`The names of its files come to more than ${this.#limits.pathBytes} bytes.`);
    if (mode === '160000') return;
    if (!/^\d+$/.test(size)) throw new BundleRefused(`Its tree is not whole: ${object} is missing.`);
    this.#bytes += Number(size);
  }

  #tooLong(): never {
    throw new BundleRefused(`A path in it is longer than ${this.#limits.longestPath} bytes, and cannot be a file.`);
  }
}

/** The tree of a commit that is there. */
export const treeOf = async (repository: Repository, commit: string): Promise<string> =>
  line(await gitOrThrow(['rev-parse', '--verify', `${commit}^{tree}`], repository));
