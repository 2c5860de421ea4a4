import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cp } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import type { Source } from '../../../shared/run/source.ts';
import { BundleRefused, takeBundle, treeOf, writeBundle } from '../../git/bundle.ts';
import { git, gitOrThrow, joinNul, line, splitNul, unexpected, type GitOptions } from '../../git/git.ts';
import { copyIndex } from '../../git/index-file.ts';
import { scan, type ScanOptions } from '../../git/scan.ts';
import { sourceFolder } from '../../git/source-folder.ts';
import { writeCommit } from './commit-object.ts';
import { createOwnRepository, repairOwnRepository, type OwnRepositoryOptions } from './own-repository.ts';
import { parseDiff, readChanges, readDifference, readPatch } from './tree-changes.ts';
import { openUp, removeTree, TreeFiles, type Owner, type TreeEntry } from './tree-files.ts';
import { fetchSource } from './fetch-source.ts';
import { SourceRefused, type Changes, type Differing, type Origin, type Workspace } from './workspace.ts';

/** `folder` is absolute. `user` is who commands run as when that is not this process's own account; only root can give files away. */
export interface WorkspaceOptions {
  readonly folder: string;
  readonly user: Owner | null;
  /** Where code comes from that is not on this machine; null: all of it is. */
  readonly origin?: Origin;
  /** What the files of a tree that comes from outside may come to. */
  readonly maxTreeBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * The highest precedence of all attributes, above each `.gitattributes` that a command may write: contents go in and out byte for
 * byte, no driver of any kind is chosen by the tree, and git alone decides what is binary.
 */
const ATTRIBUTES =
  '* -text !eol !crlf !ident !filter !working-tree-encoding !diff !merge !delta !encoding !export-ignore !export-subst !whitespace !conflict-marker-size\n';

/** The run's log will name a checkpoint once it is made, so it must be on disk; in one batch, because one by one costs twice as much. */
const DURABLE = ['core.fsync=committed,loose-object', 'core.fsyncMethod=batch'];

const SUBMODULE = '160000';
const BASE = 'refs/longhaul/base';
const LATEST = 'refs/longhaul/latest';

interface Repository extends GitOptions {
  readonly gitDirectory: string;
}

const syncFile = (path: string): void => {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

const parseIndex = (output: Buffer): TreeEntry[] =>
  splitNul(output).map((entry) => {
    const [mode = '', object = ''] = entry.split(' ');
    return { mode, object, path: entry.slice(entry.indexOf('\t') + 1) };
  });

/** The ignore rules that are not in the tree. A remote has none. */
const excludeOf = (source: Source, runFolder: string): Buffer | string => {
  switch (source.kind) {
    case 'local': {
      const file = join(sourceFolder(source, runFolder), 'info', 'exclude');
      return existsSync(file) ? readFileSync(file) : '';
    }
    case 'bundle':
      return source.exclude;
    case 'remote':
      return '';
  }
};

class GitWorkspace implements Workspace {
  readonly root: string;
  private readonly folder: string;
  private readonly user: Owner | null;
  private readonly origin: Origin | null;
  private readonly maxTreeBytes: number;
  private readonly signal: { readonly signal?: AbortSignal };
  /** The index as it was last left, and the tree that it holds. */
  private saved: { readonly index: string | null; readonly tree: string } | null = null;

  constructor({ folder, user, origin, maxTreeBytes, signal }: WorkspaceOptions) {
    this.folder = folder;
    this.root = join(folder, 'tree');
    this.user = user;
    this.origin = origin ?? null;
    this.maxTreeBytes = maxTreeBytes ?? Infinity;
    this.signal = signal === undefined ? {} : { signal };
  }

  private get repository(): Repository {
    return { gitDirectory: join(this.folder, 'checkpoints.git'), config: DURABLE, ...this.signal };
  }

  async prepare(source: Source): Promise<Checkpoint> {
    this.makeFolder();
    for (const name of readdirSync(this.folder)) {
      if (/^(tree|checkpoints\.git)(\.|$)/.test(name)) removeTree(Buffer.from(join(this.folder, name)));
    }
    const attempt = randomBytes(6).toString('hex');
    const tree = join(this.folder, `tree.${attempt}`);
    const gitDirectory = join(this.folder, `checkpoints.git.${attempt}`);
    const repository: Repository = { gitDirectory, config: DURABLE, ...this.signal };
    await this.createCheckpoints(repository, source);
    this.makeTree(tree);
    const base = await this.fill(tree, repository, source);
    await createOwnRepository({
      ...this.ownRepository(repository, base.commit),
      tree,
      index: join(gitDirectory, 'index'),
    });
    renameSync(tree, this.root);
    // The last step: checkpoints that are in place say that the whole preparation is.
    renameSync(gitDirectory, this.repository.gitDirectory);
    this.saved = { index: this.indexStamp(), tree: base.tree };
    return base;
  }

  async checkpoint(parent: Checkpoint, label: string): Promise<Checkpoint> {
    const repository = this.repository;
    const known = this.saved?.index === this.indexStamp() ? this.saved.tree : null;
    const tree = await this.withIndex((options) => this.save(options, known));
    this.saved = { index: this.indexStamp(), tree };
    if (tree === parent.tree) return parent;
    return { commit: writeCommit(repository.gitDirectory, { tree, parent: parent.commit, label }, LATEST), tree };
  }

  async restore(checkpoint: Checkpoint): Promise<boolean> {
    const repository = this.repository;
    if (!(await this.has(checkpoint))) return false;
    if (!existsSync(this.root)) this.makeTree(this.root);
    await this.withIndex(async (options) => {
      // With its ignore rules a file that only they hid comes to light, and maybe further rules in it; each pass removes some.
      while (await this.restoreOnce(options, checkpoint));
    });
    const base = line(await gitOrThrow(['rev-parse', '--verify', BASE], repository));
    await repairOwnRepository({ ...this.ownRepository(repository, base), tree: this.root, index: null });
    return true;
  }

  async has({ commit }: Checkpoint): Promise<boolean> {
    const repository = this.repository;
    if (!existsSync(repository.gitDirectory)) return false;
    return (await git(['cat-file', '-e', `${commit}^{commit}`], repository)).ok;
  }

  async bundle({ commit }: Checkpoint, since: Checkpoint, send: (file: string) => Promise<void>): Promise<number> {
    const repository = this.repository;
    const file = join(repository.gitDirectory, 'outgoing.bundle');
    try {
      const bytes = await writeBundle(repository, { commit, since: [since.commit], whole: false }, file);
      await send(file);
      return bytes;
    } finally {
      rmSync(file, { force: true });
    }
  }

  async take({ commit, tree }: Checkpoint, since: Checkpoint, receive: (file: string) => Promise<void>): Promise<void> {
    const repository = this.repository;
    const { maxTreeBytes } = this;
    const file = join(repository.gitDirectory, 'incoming.bundle');
    try {
      await receive(file);
      await takeBundle(repository, file, { commit, since: [since.commit], maxTreeBytes });
    } catch (error) {
      if (!(error instanceof BundleRefused)) throw error;
      throw new SourceRefused(
        `The uploaded checkpoint ${commit} is damaged. ${error.message}`,
        'Delegate the task again.',
      );
    } finally {
      rmSync(file, { force: true });
    }
    if ((await treeOf(repository, commit)) !== tree)
      throw new SourceRefused(`The uploaded checkpoint ${commit} has another tree than ${tree}.`, 'Delegate again.');
  }

  async checkout(checkpoint: Checkpoint, folder: string): Promise<void> {
    if (!existsSync(folder)) this.makeTree(folder);
    await new TreeFiles(folder, this.user).write(await this.entriesOf(checkpoint), this.repository);
  }

  async overlay(from: Checkpoint, to: Checkpoint, folder: string): Promise<void> {
    const files = new TreeFiles(folder, this.user);
    const entries = await this.entriesOf(to);
    const stays = new Set(entries.map(({ path }) => path));
    for (const { path } of await this.entriesOf(from)) if (!stays.has(path)) files.remove(path);
    // All of them, and not what differs alone: what ran there may have changed any.
    await files.write(entries, this.repository);
  }

  private async entriesOf(checkpoint: Checkpoint): Promise<readonly TreeEntry[]> {
    const output = await gitOrThrow(['ls-tree', '-r', '-z', '--full-tree', checkpoint.commit], this.repository);
    return splitNul(output).map((entry) => {
      const [mode = '', , object = ''] = entry.slice(0, entry.indexOf('\t')).split(' ');
      return { mode, object, path: entry.slice(entry.indexOf('\t') + 1) };
    });
  }

  changes(from: Checkpoint, to: Checkpoint, store: (content: Buffer) => Promise<string>): Promise<Changes> {
    return readChanges(this.repository, { from: from.tree, to: to.tree }, store);
  }

  async difference(from: Checkpoint, to: Checkpoint): Promise<readonly Differing[]> {
    return from.tree === to.tree ? [] : readDifference(this.repository, { from: from.tree, to: to.tree });
  }

  patch(from: Checkpoint, to: Checkpoint, paths: readonly string[]): Promise<string> {
    return readPatch(this.repository, { from: from.tree, to: to.tree }, paths);
  }

  /** True if another pass is needed, because ignore rules changed. */
  private async restoreOnce(options: ScanOptions, checkpoint: Checkpoint): Promise<boolean> {
    const current = await this.save(options, null);
    if (current === checkpoint.tree) return false;
    const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', current, checkpoint.tree];
    const { changes } = parseDiff(await gitOrThrow(args, this.repository));
    const files = new TreeFiles(this.root, this.user);
    for (const { before, after } of changes) if (before !== null && after === null) files.remove(before.path);
    await files.write(
      changes.flatMap(({ after }) => after ?? []),
      this.repository,
    );
    await gitOrThrow(['read-tree', '--reset', checkpoint.tree], options);
    await git(['update-index', '-q', '--refresh'], options);
    return changes.some(({ before, after }) => /(^|\/)\.gitignore$/.test(before?.path ?? after?.path ?? ''));
  }

  /** Commands run as another account must get through to their tree, but list nothing and not see the checkpoints. */
  private makeFolder(): void {
    mkdirSync(this.folder, { recursive: true });
    chmodSync(this.folder, this.user === null ? 0o700 : 0o711);
  }

  private makeTree(folder: string): void {
    mkdirSync(folder, { mode: 0o700 });
    if (this.user !== null) lchownSync(folder, this.user.uid, this.user.gid);
  }

  private async createCheckpoints(repository: Repository, source: Source): Promise<void> {
    const { gitDirectory } = repository;
    const format = source.commit.length === 64 ? 'sha256' : 'sha1';
    const branch = source.branch ?? 'main';
    mkdirSync(gitDirectory, { mode: 0o700 });
    const init = ['init', '-q', '--bare', '--template=', `--object-format=${format}`, `--initial-branch=${branch}`];
    await gitOrThrow(init, repository);
    mkdirSync(join(gitDirectory, 'info'), { recursive: true });
    writeFileSync(join(gitDirectory, 'info', 'attributes'), ATTRIBUTES);
    writeFileSync(join(gitDirectory, 'info', 'exclude'), excludeOf(source, this.folder));
    if (source.kind === 'local') {
      await cp(join(sourceFolder(source, this.folder), 'objects'), join(gitDirectory, 'objects'), {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
      });
      const packs = join(gitDirectory, 'objects', 'pack');
      for (const name of readdirSync(packs)) syncFile(join(packs, name));
      return;
    }
    if (this.origin === null) throw new Error(`a workspace without an origin cannot fetch a ${source.kind} source`);
    const { origin, maxTreeBytes } = this;
    await fetchSource(repository, source, { origin, maxTreeBytes, file: `${gitDirectory}.bundle` });
  }

  /** Writes the source's files and commits them as the base. Submodules are left out: their files are not there to work on. */
  private async fill(tree: string, repository: Repository, source: Source): Promise<Checkpoint> {
    const options = { ...repository, workTree: tree, index: join(repository.gitDirectory, 'index') };
    await gitOrThrow(['read-tree', source.commit], options);
    const entries = parseIndex(await gitOrThrow(['ls-files', '-s', '-z'], options));
    const modules = entries.filter(({ mode }) => mode === SUBMODULE).map(({ path }) => path);
    if (modules.length > 0) {
      await gitOrThrow(['update-index', '-z', '--force-remove', '--stdin'], { ...options, input: joinNul(modules) });
    }
    await new TreeFiles(tree, this.user).write(
      entries.filter(({ mode }) => mode !== SUBMODULE),
      repository,
    );
    await git(['update-index', '-q', '--refresh'], options);
    const saved = line(await gitOrThrow(['write-tree'], options));
    const commit = writeCommit(repository.gitDirectory, { tree: saved, parent: null, label: 'Base' }, BASE);
    return { commit, tree: saved };
  }

  /**
   * Saves the files on disk as a tree; what even their owner may not read, once permissions are given back, is broken I/O.
   * `known` is the tree that the index holds, if that is known: nothing is written where nothing changed since.
   */
  private async save(options: ScanOptions, known: string | null): Promise<string> {
    let result = await scan(options, 'content');
    if (known !== null && result.ok && result.scan.errors === '' && result.scan.changed === 0) return known;
    if (!result.ok || result.scan.errors !== '') {
      openUp(Buffer.from(this.root));
      result = await scan(options, 'content');
    }
    if (!result.ok) throw unexpected(['update-index'], result);
    return line(await gitOrThrow(['write-tree'], options));
  }

  /** Tells one index from every other that was ever in its place; null if there is none. */
  private indexStamp(): string | null {
    const path = join(this.repository.gitDirectory, 'index');
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? null : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  }

  /** Works on a copy of the index that replaces it at the end. A killed worker, or a git that outlived it, leaves no lock and no half of an index. */
  private async withIndex<T>(work: (options: ScanOptions) => Promise<T>): Promise<T> {
    const { gitDirectory } = this.repository;
    for (const name of readdirSync(gitDirectory)) {
      if (name.startsWith('index.')) rmSync(join(gitDirectory, name), { force: true });
    }
    const index = join(gitDirectory, `index.${randomBytes(6).toString('hex')}`);
    await copyIndex(join(gitDirectory, 'index'), index);
    const result = await work({ ...this.repository, workTree: this.root, index });
    if (existsSync(index)) renameSync(index, join(gitDirectory, 'index'));
    return result;
  }

  private ownRepository(repository: Repository, commit: string): Omit<OwnRepositoryOptions, 'tree' | 'index'> {
    const head = readFileSync(join(repository.gitDirectory, 'HEAD'), 'utf8');
    return {
      checkpoints: repository,
      commit,
      branch: head.trim().replace(/^ref: refs\/heads\//, ''),
      exclude: readFileSync(join(repository.gitDirectory, 'info', 'exclude')),
      owner: this.user,
    };
  }
}

/**
 * The workspace below `folder`: `tree/`, what commands see, and `checkpoints.git/`, which no command sees (mode 0700). With a
 * `user` the tree is theirs and the folder lets them through. One worker at a time, and no command running meanwhile.
 *
 * Killed at any moment, `prepare` starts afresh and `restore` goes on. Contents are kept byte for byte whatever `.gitattributes`
 * say. `.git` folders are never content: the tree's own belongs to the agent, and `restore` keeps what the agent made of it (it removes locks left by a killed git, and makes it anew where it is gone).
 * Repositories that commands make inside the tree are saved as ordinary files, without their history.
 * Empty folders, pipes, sockets and devices are not saved. Throws GitError and system errors on broken I/O.
 */
export const openWorkspace = async (options: WorkspaceOptions): Promise<Workspace> => {
  if (!isAbsolute(options.folder)) throw new Error('the folder of a workspace must be absolute');
  return new GitWorkspace(options);
};
