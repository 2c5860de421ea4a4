import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { git, gitOrThrow, line, splitNul, unexpected } from '../../machine/git/git.ts';
import { copyIndex } from '../../machine/git/index-file.ts';
import { scan, type ScanOptions } from '../../machine/git/scan.ts';
import type { Repository } from './checkpoint-repository.ts';
import type { Place } from './place.ts';
import { readRaw } from './tree-changes.ts';
import { openUp, TreeFiles, type Owner } from './tree-files.ts';

/** The index of one place: brings what git covers of its tree into the checkpoints, and back. */
export class TreeIndex {
  readonly #place: Pick<Place, 'tree' | 'index'>;
  readonly #repository: Repository;
  readonly #user: Owner | null;
  /** The index as it was last left, the tree that it holds, and the paths in it. */
  #saved: { readonly index: string | null; readonly tree: string; readonly covered: ReadonlySet<string> } | null = null;

  constructor(place: Pick<Place, 'tree' | 'index'>, repository: Repository, user: Owner | null) {
    this.#place = place;
    this.#repository = repository;
    this.#user = user;
  }

  /** Saves the files on disk as a git tree. */
  async save(): Promise<{ readonly tree: string; readonly covered: ReadonlySet<string> }> {
    const known = this.#saved?.index === this.#stamp() ? this.#saved : null;
    const tree = await this.#with((options) => this.#save(options, known?.tree ?? null));
    const covered = known?.tree === tree ? known.covered : await this.covered();
    this.#saved = { index: this.#stamp(), tree, covered };
    return { tree, covered };
  }

  /** Makes the files on disk what the git tree has; what is ignored by its rules stays as it is. */
  async restore(tree: string): Promise<void> {
    await this.#with(async (options) => {
      // With its ignore rules a file that only they hid comes to light, and maybe further rules in it; each pass removes some.
      while (await this.#restoreOnce(options, tree));
    });
  }

  /** The paths that the index has. */
  async covered(): Promise<ReadonlySet<string>> {
    const listed = await gitOrThrow(['ls-files', '-z'], { ...this.#repository, index: this.#place.index });
    return new Set(splitNul(listed));
  }

  /** True if another pass is needed, because ignore rules changed. */
  async #restoreOnce(options: ScanOptions, tree: string): Promise<boolean> {
    const current = await this.#save(options, null);
    if (current === tree) return false;
    const changes = await readRaw(this.#repository, { from: current, to: tree });
    const files = new TreeFiles(this.#place.tree, this.#user);
    for (const { before, after } of changes) if (before !== null && after === null) files.remove(before.path);
    await files.write(
      changes.flatMap(({ after }) => after ?? []),
      this.#repository,
    );
    await gitOrThrow(['read-tree', '--reset', tree], options);
    await git(['update-index', '-q', '--refresh'], options);
    return changes.some(({ before, after }) => /(^|\/)\.gitignore$/.test(before?.path ?? after?.path ?? ''));
  }

  /**
   * Saves the files on disk as a tree; what even their owner may not read, once permissions are given back, is broken I/O.
   * `known` is the tree that the index holds, if that is known: nothing is written where nothing changed since.
   */
  async #save(options: ScanOptions, known: string | null): Promise<string> {
    let result = await scan(options, 'content');
    if (known !== null && result.ok && result.scan.errors === '' && result.scan.changed === 0) return known;
    if (!result.ok || result.scan.errors !== '') {
      openUp(this.#place.tree);
      result = await scan(options, 'content');
    }
    if (!result.ok) throw unexpected(['update-index'], result);
    return line(await gitOrThrow(['write-tree'], options));
  }

  /** Tells one index from every other that was ever in its place; null if there is none. */
  #stamp(): string | null {
    const found = statSync(this.#place.index, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? null : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  }

  /** Works on a copy of the index that replaces it at the end. A killed worker, or a git that outlived it, leaves no lock and no half of an index. */
  async #with<T>(work: (options: ScanOptions) => Promise<T>): Promise<T> {
    const { index, tree: workTree } = this.#place;
    const folder = dirname(index);
    for (const name of readdirSync(folder)) {
      if (name.startsWith(`${basename(index)}.`)) rmSync(join(folder, name), { force: true });
    }
    const draft = `${index}.${randomBytes(6).toString('hex')}`;
    await copyIndex(index, draft);
    const result = await work({ ...this.#repository, workTree, index: draft });
    if (existsSync(draft)) renameSync(draft, index);
    return result;
  }
}
