import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import type { BaseCommit } from '../../../shared/run/base-commit.ts';
import type { Source } from '../../../shared/run/source.ts';
import { BundleRefused, takeBundle, treeOf, writeBundle } from '../../machine/git/bundle.ts';
import { git, GitError, gitOrThrow, line } from '../../machine/git/git.ts';
import { entriesOf, readFilesOf } from './checkpoint-files.ts';
import { createCheckpoints, durable, type Repository } from './checkpoint-repository.ts';
import { restOf, writeCommit } from './commit-object.ts';
import { createOwnRepository, repairOwnRepository, type OwnRepositoryOptions } from './own-repository.ts';
import { fetchBase } from './fetch-source.ts';
import { mergeTrees, readIndex, treeWithoutModules } from './merge-base.ts';
import {
  adoptEarlier,
  folderOf,
  latestFolder,
  makePlace,
  makeTree,
  placeAt,
  removeOthers,
  type Place,
} from './place.ts';
import { baseMark, Rest } from './rest.ts';
import { usualLimits, type RestLimits } from './rest-limits.ts';
import { readAddedLines } from './added-lines.ts';
import { readChanges, readDifference, readPatch } from './tree-changes.ts';
import { removeTree, TreeFiles, type Owner } from './tree-files.ts';
import { TreeIndex } from './tree-index.ts';
import {
  SourceRefused,
  type Changes,
  type Differing,
  type FileRead,
  type Keeping,
  type MergeOfTrees,
  type Origin,
  type Renewed,
  type Sides,
  type Workspace,
} from './workspace.ts';

/** `folder` is absolute. `user` is who commands run as when that is not this process's own account; only root can give files away. */
export interface WorkspaceOptions {
  readonly folder: string;
  /** The fence of the lease that this is for: no two at a time have the same. */
  readonly lease: number;
  readonly user: Owner | null;
  /** Where code comes from that is not on this machine; null: all of it is. */
  readonly origin?: Origin;
  /** What the files of a tree that comes from outside may come to. */
  readonly maxTreeBytes?: number;
  readonly restLimits?: RestLimits;
  readonly signal?: AbortSignal;
}

const baseRef = 'refs/longhaul/base';
const latest = 'refs/longhaul/latest';

/** What one lease works with. */
interface Desk {
  readonly folder: string;
  readonly place: Place;
  readonly index: TreeIndex;
  readonly rest: Rest;
}

class GitWorkspace implements Workspace {
  readonly #options: WorkspaceOptions;
  readonly #user: Owner | null;
  #desk: Desk;
  left: readonly string[] = [];

  constructor(options: WorkspaceOptions) {
    const { folder, lease, user } = options;
    this.#options = options;
    this.#user = user;
    adoptEarlier(folder);
    this.#desk = this.#deskAt(latestFolder(folder) ?? folderOf(folder, lease));
  }

  get root(): string {
    return this.#desk.place.tree;
  }

  get #folder(): string {
    return this.#options.folder;
  }

  get #repository(): Repository {
    return this.#repositoryAt('checkpoints.git');
  }

  #repositoryAt(name: string): Repository {
    const { signal } = this.#options;
    return { gitDirectory: join(this.#folder, name), config: durable, ...(signal !== undefined && { signal }) };
  }

  present(): boolean {
    return existsSync(this.root) && existsSync(this.#repository.gitDirectory);
  }

  async prepare(source: Source): Promise<Checkpoint> {
    this.#makeFolder();
    for (const name of readdirSync(this.#folder)) {
      if (/^(work|tree|checkpoints\.git)(\.|$)/.test(name)) removeTree(join(this.#folder, name));
    }
    const draft = this.#draft();
    const repository = this.#repositoryAt(`checkpoints.git.${randomBytes(6).toString('hex')}`);
    const { gitDirectory } = repository;
    const { origin = null, maxTreeBytes = Infinity, folder: runFolder } = this.#options;
    await createCheckpoints(repository, source, { origin, maxTreeBytes, runFolder });
    const tree = await this.#fill(draft.place, repository, source.commit);
    const commit = writeCommit(gitDirectory, { tree, parent: null, label: 'Base', rest: null }, baseRef);
    await createOwnRepository({
      ...this.#ownRepository(repository, commit),
      tree: draft.place.tree,
      index: draft.place.index,
    });
    const covered = await new TreeIndex(draft.place, repository, this.#user).covered();
    await draft.rest.save(null, { covered, listing: await draft.rest.list(), mark: baseMark });
    this.#moveIn(draft);
    // The last step: checkpoints that are in place say that the whole preparation is.
    renameSync(gitDirectory, this.#repository.gitDirectory);
    return { commit, tree };
  }

  async checkpoint(parent: Checkpoint, label: string): Promise<Checkpoint> {
    const { index, rest } = this.#desk;
    const listing = await rest.list();
    const { tree, covered } = await index.save();
    const before = await this.#restOf(parent);
    const { mark, left } = await rest.save(before, { covered, listing });
    this.left = left;
    if (tree === parent.tree && mark === before) return parent;
    const content = { tree, parent: parent.commit, label, rest: mark };
    return { commit: writeCommit(this.#repository.gitDirectory, content, latest), tree };
  }

  async restore(checkpoint: Checkpoint): Promise<boolean> {
    if (!existsSync(this.root)) return (await this.renew(checkpoint)) !== 'absent';
    if (!(await this.has(checkpoint))) return false;
    const { index, rest } = this.#desk;
    await index.restore(checkpoint.tree);
    const mark = await this.#restOf(checkpoint);
    if (mark !== null) await rest.restore(mark, await index.covered());
    await this.#repairOwn(this.#desk.place);
    return true;
  }

  async renew(checkpoint: Checkpoint): Promise<Renewed> {
    if (!(await this.has(checkpoint))) return 'absent';
    const before = this.#desk;
    const draft = this.#draft();
    try {
      await this.#fill(draft.place, this.#repository, checkpoint.tree);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // It names contents that are not there any more.
      removeTree(draft.folder);
      return 'absent';
    }
    const covered = await draft.index.covered();
    const mark = await this.#restOf(checkpoint);
    // Of a checkpoint from elsewhere git has all that came along; the rest is what this machine had last.
    let whole = false;
    for (const known of mark === null ? ['latest'] : [mark, 'latest'])
      if (!whole) whole = await draft.rest.restore(known, covered, before.rest);
    this.#moveIn(draft);
    await this.#repairOwn(this.#desk.place);
    return whole ? 'whole' : 'without rest';
  }

  async bringBase(base: BaseCommit, after: Checkpoint): Promise<Checkpoint> {
    const { origin = null, maxTreeBytes = Infinity } = this.#options;
    if (origin === null) throw new Error('a workspace without an origin brings nothing from elsewhere');
    const repository = this.#repository;
    await fetchBase(repository, base, { origin, maxTreeBytes });
    return this.#commit(await treeWithoutModules(repository, base.commit), after, `Base: ${base.commit}`);
  }

  async startFrom({ tree }: Checkpoint): Promise<void> {
    writeCommit(this.#repository.gitDirectory, { tree, parent: null, label: 'Base', rest: null }, baseRef);
    removeTree(join(this.root, '.git'));
    await this.#repairOwn(this.#desk.place);
  }

  async merge({ from, ours, onto }: Sides, parent: Checkpoint): Promise<MergeOfTrees> {
    const trees = { from: from.tree, ours: ours.tree, theirs: onto.tree };
    const { tree, conflicts } = await mergeTrees(this.#repository, trees);
    return { checkpoint: await this.#commit(tree, parent, 'Merged'), conflicts };
  }

  /** A checkpoint of a tree that is not on disk, with what git does not cover of the one before it. */
  async #commit(tree: string, parent: Checkpoint, label: string): Promise<Checkpoint> {
    const content = { tree, parent: parent.commit, label, rest: await this.#restOf(parent) };
    return { commit: writeCommit(this.#repository.gitDirectory, content, latest), tree };
  }

  async has({ commit }: Checkpoint): Promise<boolean> {
    const repository = this.#repository;
    if (!existsSync(repository.gitDirectory)) return false;
    return (await git(['cat-file', '-e', `${commit}^{commit}`], repository)).ok;
  }

  async bundle({ commit }: Checkpoint, since: Checkpoint, send: (file: string) => Promise<void>): Promise<number> {
    const repository = this.#repository;
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
    const repository = this.#repository;
    const { maxTreeBytes = Infinity } = this.#options;
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
    if (!existsSync(folder)) makeTree(folder, this.#user);
    await new TreeFiles(folder, this.#user).write(await entriesOf(this.#repository, checkpoint), this.#repository);
  }

  async overlay(from: Checkpoint, to: Checkpoint, folder: string): Promise<void> {
    const files = new TreeFiles(folder, this.#user);
    const entries = await entriesOf(this.#repository, to);
    const stays = new Set(entries.map(({ path }) => path));
    for (const { path } of await entriesOf(this.#repository, from)) if (!stays.has(path)) files.remove(path);
    // All of them, and not what differs alone: what ran there may have changed any.
    await files.write(entries, this.#repository);
  }

  changes(from: Checkpoint, to: Checkpoint, keeping: Keeping): Promise<Changes> {
    return readChanges(this.#repository, { from: from.tree, to: to.tree }, keeping);
  }

  readFiles(checkpoint: Checkpoint, paths: readonly string[], most: number): Promise<readonly FileRead[]> {
    return readFilesOf(this.#repository, checkpoint, { paths, most });
  }

  async difference(from: Checkpoint, to: Checkpoint): Promise<readonly Differing[]> {
    return from.tree === to.tree ? [] : readDifference(this.#repository, { from: from.tree, to: to.tree });
  }

  addedLines(from: Checkpoint, to: Checkpoint): Promise<ReadonlyMap<string, readonly number[]>> {
    return readAddedLines(this.#repository, { from: from.tree, to: to.tree });
  }

  patch(from: Checkpoint, to: Checkpoint, paths: readonly string[]): Promise<string> {
    return readPatch(this.#repository, { from: from.tree, to: to.tree }, paths);
  }

  #deskAt(folder: string): Desk {
    const { lease, user, restLimits: limits = usualLimits, signal } = this.#options;
    const place = placeAt(folder);
    return {
      folder,
      place,
      index: new TreeIndex(place, this.#repository, user),
      rest: new Rest(place, { lease, user, limits, signal }),
    };
  }

  /** A new place for this lease, which nobody takes for one until it is moved into. */
  #draft(): Desk {
    const folder = `${folderOf(this.#folder, this.#options.lease)}.draft`;
    const place = makePlace(folder);
    makeTree(place.tree, this.#user);
    return this.#deskAt(folder);
  }

  #moveIn({ folder, rest }: Desk): void {
    const final = folderOf(this.#folder, this.#options.lease);
    if (existsSync(final)) removeTree(final);
    renameSync(folder, final);
    this.#desk = this.#deskAt(final);
    this.#desk.rest.remember(rest);
    removeOthers(this.#folder, final);
  }

  /** The mark of what git does not cover that belongs to a checkpoint; null: an earlier version kept none. */
  async #restOf({ commit }: Checkpoint): Promise<string | null> {
    const object = await gitOrThrow(['cat-file', 'commit', commit], this.#repository);
    return restOf(object) ?? (/^parent /m.test(object.toString('latin1').split('\n\n')[0] ?? '') ? null : baseMark);
  }

  /** Commands run as another account must get through to their tree, but list nothing and not see the checkpoints. */
  #makeFolder(): void {
    mkdirSync(this.#folder, { recursive: true });
    chmodSync(this.#folder, this.#user === null ? 0o700 : 0o711);
  }

  /** Writes the files of a commit or tree, submodules left out, and gives the tree of what was written. */
  async #fill({ tree, index }: Place, repository: Repository, content: string): Promise<string> {
    const options = { ...repository, workTree: tree, index };
    await new TreeFiles(tree, this.#user).write(await readIndex(options, content), repository);
    await git(['update-index', '-q', '--refresh'], options);
    return line(await gitOrThrow(['write-tree'], options));
  }

  async #repairOwn({ tree }: Place): Promise<void> {
    const base = line(await gitOrThrow(['rev-parse', '--verify', baseRef], this.#repository));
    await repairOwnRepository({ ...this.#ownRepository(this.#repository, base), tree, index: null });
  }

  #ownRepository(repository: Repository, commit: string): Omit<OwnRepositoryOptions, 'tree' | 'index'> {
    const head = readFileSync(join(repository.gitDirectory, 'HEAD'), 'utf8');
    return {
      checkpoints: repository,
      commit,
      branch: head.trim().replace(/^ref: refs\/heads\//, ''),
      exclude: readFileSync(join(repository.gitDirectory, 'info', 'exclude')),
      owner: this.#user,
    };
  }
}

/**
 * The workspace below `folder`: `checkpoints.git/`, which no command sees (mode 0700), and for the lease that works here `work.FENCE/`, with
 * the tree that commands see and what is kept beside git. With a `user` the tree is theirs and the folders let them through.
 * No command runs meanwhile.
 *
 * Killed at any moment, `prepare` and `renew` start afresh and `restore` goes on. Contents are kept byte for byte whatever `.gitattributes`
 * say. `.git` folders are never content: they are kept beside it, and of a repository inside the tree the other files are ordinary files.
 * Throws GitError and system errors on broken I/O.
 */
export const openWorkspace = async (options: WorkspaceOptions): Promise<Workspace> => {
  if (!isAbsolute(options.folder)) throw new Error('the folder of a workspace must be absolute');
  return new GitWorkspace(options);
};
