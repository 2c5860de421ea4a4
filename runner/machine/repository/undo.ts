import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { AppliedFile } from '../../../shared/api/runner-api.ts';
import { findRepository, refused, type Refusal } from './user-repository.ts';
import { fingerprint, pruneFolders, readState, writeState, type FileState } from './worktree-files.ts';

/** One path that an apply changes: what was there, and what it puts there. */
export interface Touched {
  readonly path: string;
  readonly before: FileState;
  readonly after: FileState;
}

const SavedState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('absent') }),
  z.strictObject({ kind: z.literal('file'), content: z.string(), permissions: z.int().min(0).max(0o777) }),
  z.strictObject({ kind: z.literal('link'), target: z.base64() }),
]);
const Journal = z.strictObject({
  version: z.literal(1),
  root: z.string(),
  touched: z.array(z.strictObject({ path: z.string(), before: SavedState, after: z.string() })),
});

/** Of a file: `written`: it was put back. `already`: it is as it was before the apply. `refused`: it was changed since, and stays. */
export type Undo = { readonly outcome: 'ok'; readonly files: readonly AppliedFile[] } | Refusal;

const journalFile = 'journal.json';

/**
 * Writes down all that an apply is about to change, before it changes anything: an apply that is cut off can be undone as
 * well. `folder` must not hold an earlier journal, whose originals would be lost.
 */
export const writeJournal = async (folder: string, root: string, touched: readonly Touched[]): Promise<void> => {
  await mkdir(join(folder, 'files'), { recursive: true, mode: 0o700 });
  const saved = [];
  for (const [position, { path, before, after }] of touched.entries()) {
    const name = `files/${position}`;
    if (before.kind === 'file') await writeFile(join(folder, name), before.content, { mode: 0o600 });
    saved.push({ path, before: save(before, name), after: fingerprint(after) });
  }
  const journal: z.infer<typeof Journal> = { version: 1, root, touched: saved };
  await writeFile(join(folder, journalFile), JSON.stringify(journal, null, 1), { flag: 'wx', mode: 0o600 });
};

const save = (state: FileState, name: string): z.infer<typeof SavedState> => {
  switch (state.kind) {
    case 'absent':
      return { kind: 'absent' };
    case 'file':
      return { kind: 'file', content: name, permissions: state.permissions };
    case 'link':
      return { kind: 'link', target: state.target.toString('base64') };
  }
};

const load = async (saved: z.infer<typeof SavedState>, folder: string): Promise<FileState> => {
  switch (saved.kind) {
    case 'absent':
      return { kind: 'absent' };
    case 'file':
      return { kind: 'file', content: await readFile(join(folder, saved.content)), permissions: saved.permissions };
    case 'link':
      return { kind: 'link', target: Buffer.from(saved.target, 'base64') };
  }
};

/**
 * Puts back what an apply that kept its journal in `undo` found, with contents, permissions and links. A file that is not as
 * the apply left it stays as it is and is reported. Can be repeated. Throws on broken I/O.
 */
export const undoApply = async (request: { readonly repository: string; readonly undo: string }): Promise<Undo> => {
  const repository = await findRepository(request.repository);
  if ('outcome' in repository) return repository;
  const text = await readFile(join(request.undo, journalFile), 'utf8').catch(() => null);
  if (text === null) return refused('There is nothing to undo: no apply was recorded.', 'Apply the result first.');
  const journal = Journal.parse(JSON.parse(text));
  if (journal.root !== repository.root) {
    return refused(`The changes were applied to ${journal.root}.`, 'Undo them there.');
  }
  const files: AppliedFile[] = [];
  // What the apply added goes first: it may stand where a folder was.
  const order = journal.touched.toSorted(
    (a, b) => Number(b.before.kind === 'absent') - Number(a.before.kind === 'absent'),
  );
  for (const { path, before: saved, after } of order) {
    const before = await load(saved, request.undo);
    const current = await readState(repository.root, path);
    const now = fingerprint(current);
    if (now === fingerprint(before)) files.push({ path, outcome: 'already', reason: '' });
    else if (now !== after) files.push({ path, outcome: 'refused', reason: 'It was changed after it was applied.' });
    else {
      await writeState(repository.root, path, before);
      files.push({ path, outcome: before.kind === 'absent' ? 'removed' : 'written', reason: '' });
    }
    if (before.kind === 'absent') await pruneFolders(repository.root, path);
  }
  return { outcome: 'ok', files };
};
