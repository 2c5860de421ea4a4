import type { ChangedFile, Checkpoint } from '../../../shared/run/artifacts.ts';
import type { Source } from '../../../shared/run/source.ts';

/** What changed between two checkpoints. `patch` is a git patch with binary content, as `git apply` takes it. */
export interface Changes {
  readonly files: readonly ChangedFile[];
  readonly patch: Buffer;
}

/**
 * The tree that a run works on, and its checkpoints in a git directory that the sandbox never sees.
 * Nothing here runs while a command runs, and no git of the host reads the tree's own `.git`.
 */
export interface Workspace {
  /** Absolute path of the tree on the host. */
  readonly root: string;
  /** Fills the tree from the source and saves it as the base checkpoint. Starts afresh if an earlier attempt was cut off. */
  prepare(source: Source): Promise<Checkpoint>;
  /** Saves the tree as it is. Ignored files are left out. Same tree as `parent`: gives `parent` back. */
  checkpoint(parent: Checkpoint, label: string): Promise<Checkpoint>;
  /**
   * Makes the tree equal to the checkpoint; ignored files stay as they are. False, with nothing changed, if this machine
   * does not hold the checkpoint (never prepared here, or removed): prepare again.
   */
  restore(checkpoint: Checkpoint): Promise<boolean>;
  /** Writes the checkpoint's files into an empty folder, without history, for verification. */
  checkout(checkpoint: Checkpoint, folder: string): Promise<void>;
  /** `store` is given each changed file's content, before and after, and returns the name it is kept under. */
  changes(from: Checkpoint, to: Checkpoint, store: (content: Buffer) => Promise<string>): Promise<Changes>;
}
