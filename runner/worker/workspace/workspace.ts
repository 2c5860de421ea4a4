import type { ChangedFile, Checkpoint } from '../../../shared/run/artifacts.ts';
import type { CredentialOf } from '../../../shared/api/worker-api.ts';
import type { BaseCommit } from '../../../shared/run/base-commit.ts';
import type { Source } from '../../../shared/run/source.ts';

/** What changed between two checkpoints. `patch`: the name that the patch is kept under. */
export interface Changes {
  readonly files: readonly ChangedFile[];
  readonly patch: string;
}

/** Takes what changed, one thing after the other, and gives the name that each is kept under. A file is there until its promise settles. */
export interface Keeping {
  /** A content of some hundred kilobytes at most. */
  content(content: Buffer): Promise<string>;
  largeContent(file: string): Promise<string>;
  /** A git patch with binary content, as `git apply` takes it. */
  patch(file: string): Promise<string>;
}

/** One file that differs between two checkpoints; a renamed one is two. `target`: what a link says; null: it is none now. */
export interface Differing {
  readonly path: string;
  readonly target: string | null;
}

/** What a merge is made of: what leads from one checkpoint to `ours` is to be in a later one, too. */
export interface Sides {
  readonly from: Checkpoint;
  readonly ours: Checkpoint;
  readonly onto: Checkpoint;
}

export interface MergeOfTrees {
  readonly checkpoint: Checkpoint;
  /** Paths of the files in which both changed the same, with markers where they are text. */
  readonly conflicts: readonly string[];
}

export interface FileRead {
  readonly path: string;
  readonly content: Buffer;
}

/** What a workspace needs from outside to get at code that is not on this machine. */
export interface Origin {
  /** Writes a blob of the run to a file. Throws if it cannot be had. */
  blob(hash: string, file: string): Promise<void>;
  /** For the remote of the run's source, or of what it is to be merged with; null: it asks for none. Good for a short time. */
  credential(of: CredentialOf): Promise<{ readonly username: string; readonly password: string } | null>;
}

/** The code of a run cannot be had, or is not what it was said to be: trying again would not help. */
export class SourceRefused extends Error {
  override readonly name = 'SourceRefused';
  readonly remedy: string;
  constructor(reason: string, remedy: string) {
    super(reason);
    this.remedy = remedy;
  }
}

/** `without rest`: only what git covers, because nothing else was ever kept here. `absent`: nothing was changed, as this machine does not hold the checkpoint. */
export type Renewed = 'whole' | 'without rest' | 'absent';

/**
 * The tree that a run works on, and its checkpoints in a git directory that the sandbox never sees. For one lease.
 * Nothing here runs while a command runs, and no git of the host reads the tree's own `.git`.
 */
export interface Workspace {
  /** Absolute path of the tree on the host: as an earlier lease left it, until `prepare` or `renew` made another. */
  readonly root: string;
  /** Whether there is a tree of an earlier lease, and its checkpoints. */
  present(): boolean;
  /**
   * Fills the tree from the source and saves it as the base checkpoint. Starts afresh if an earlier attempt was cut off. The same
   * source gives the same checkpoint on every machine. Throws SourceRefused.
   */
  prepare(source: Source): Promise<Checkpoint>;
  /** Saves the tree as it is, on this machine with all that git does not cover of it. Same tree as `parent`: gives `parent` back. */
  checkpoint(parent: Checkpoint, label: string): Promise<Checkpoint>;
  /** Folders and files that the last checkpoint was the first to leave out, because they are too large to be kept beside it. */
  readonly left: readonly string[];
  /**
   * Makes the tree equal to the checkpoint; what git does not cover stays as it is where that was not kept here. False, with nothing changed, if this machine
   * does not hold the checkpoint (never prepared here, or removed): prepare again.
   */
  restore(checkpoint: Checkpoint): Promise<boolean>;
  /**
   * Makes the tree of a checkpoint anew, where nothing that an earlier lease left running has a way to. What git does not cover is
   * what it was, or, if that was not kept here, what was kept here last.
   */
  renew(checkpoint: Checkpoint): Promise<Renewed>;
  /** Has what is new in a checkpoint since an earlier one sent, as a file that is a git bundle; gives its size in bytes. */
  bundle(checkpoint: Checkpoint, since: Checkpoint, send: (file: string) => Promise<void>): Promise<number>;
  /** Takes in such a bundle, which `receive` writes to a file: then `restore` knows its checkpoint. Throws SourceRefused if it is not what it should be. */
  take(checkpoint: Checkpoint, since: Checkpoint, receive: (file: string) => Promise<void>): Promise<void>;
  /** Brings a commit here as a checkpoint that comes after another, and leaves the tree on disk as it is. Throws SourceRefused. */
  bringBase(base: BaseCommit, after: Checkpoint): Promise<Checkpoint>;
  /** The agent's own repository, in the tree on disk, begins anew with what a checkpoint has. */
  startFrom(base: Checkpoint): Promise<void>;
  /** A checkpoint with both sides in it, which comes after `parent`. Leaves the tree on disk as it is: `restore` makes it that. */
  merge(sides: Sides, parent: Checkpoint): Promise<MergeOfTrees>;
  /** Whether this machine holds the checkpoint. */
  has(checkpoint: Checkpoint): Promise<boolean>;
  /** Writes the checkpoint's files into an empty folder, without history, for verification. */
  checkout(checkpoint: Checkpoint, folder: string): Promise<void>;
  /**
   * Makes the files of a checkpoint stand in a folder that began as the checkout of another and in which commands have run since. What those
   * left besides stays.
   */
  overlay(from: Checkpoint, to: Checkpoint, folder: string): Promise<void>;
  /** `keeping` is given each changed file's content, before and after, and the patch. */
  changes(from: Checkpoint, to: Checkpoint, keeping: Keeping): Promise<Changes>;
  /** The files that differ, by path, in git's order. */
  difference(from: Checkpoint, to: Checkpoint): Promise<readonly Differing[]>;
  /** Lines that the second one adds, by path, from 1, ascending; of files whose content is text. Empty where they are more than anybody reviews. */
  addedLines(from: Checkpoint, to: Checkpoint): Promise<ReadonlyMap<string, readonly number[]>>;
  /** Those of these paths that are files of the checkpoint, in that order: no links, none above `most` bytes. */
  readFiles(checkpoint: Checkpoint, paths: readonly string[], most: number): Promise<readonly FileRead[]>;
  /** The git patch between them for these files alone; binary content is not in it. */
  patch(from: Checkpoint, to: Checkpoint, paths: readonly string[]): Promise<string>;
}
