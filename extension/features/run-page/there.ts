import { ChangeSet, type BlobHash } from '../../../shared/run/artifacts.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { Connection } from '../../ground/connection/connection.ts';
import { fileInCommit, type FileThere } from '../../ground/repository/repository.ts';

/** Bytes of a file that a page compares with what is asked. */
const mostBytes = 2_000_000;

const decoder = new TextDecoder();

/**
 * Where a tree of a run can be read: what it changed by then, or nothing has changed since the base. Null: nowhere.
 * @internal
 */
export const whereIs = (
  { soFar, result, tree: at }: Pick<RunState, 'soFar' | 'result' | 'tree'>,
  tree: string | null,
): { readonly changes: BlobHash | null } | null => {
  if (tree === null || at.status === 'unprepared') return null;
  const saved = [soFar, result].find((one) => one?.head.tree === tree);
  if (saved) return { changes: saved.changes };
  return at.base.tree === tree ? { changes: null } : null;
};

/** The files of a result. Throws as the connection does. */
export const readChanges = async (connection: Connection, run: string, hash: BlobHash): Promise<ChangeSet> =>
  ChangeSet.parse(JSON.parse(decoder.decode(await connection.blob(run, hash))));

/** What is at a path in the tree that a decision is about. Throws as the connection does. */
export const fileThere = async (
  connection: Connection,
  state: RunState,
  { tree, path }: { readonly tree: string | null; readonly path: string },
): Promise<FileThere> => {
  const where = whereIs(state, tree);
  if (where === null) return { kind: 'other' };
  const changes = where.changes === null ? null : await readChanges(connection, state.id, where.changes);
  const after = changes?.files.find((file) => file.after?.path === path)?.after;
  if (after) {
    if (after.mode === '120000' || after.bytes > mostBytes) return { kind: 'other' };
    const text = decoder.decode(await connection.blob(state.id, after.blob));
    return /\0|\uFFFD/.test(text) ? { kind: 'other' } : { kind: 'text', text };
  }
  if (changes?.files.some((file) => file.before?.path === path)) return { kind: 'none' };
  const { source } = state.task;
  const here = connection.state.status === 'connected' && connection.state.local;
  if (!here || source.kind !== 'local' || state.tree.status === 'unprepared') return { kind: 'other' };
  return fileInCommit(source.gitDirectory, state.tree.base.tree, path);
};
