import { createHash } from 'node:crypto';
import type { AcceptedFile } from '../../../shared/api/runner-api.ts';
import { applyChanges, parsePatch, type FilePatch } from '../../../shared/review/patch.ts';
import { reviewFiles, type ReviewFile, type Unit } from '../../../shared/review/review-file.ts';
import type { ChangedFile, ChangeSet, FileVersion } from '../../../shared/run/artifacts.ts';
import { refused, type Refusal } from './user-repository.ts';

/** A whole result. `patch` is the content of its patch blob; `read` gives a blob by its name and throws if there is none. */
export interface WholeResult {
  readonly changes: ChangeSet;
  readonly patch: Buffer;
  readonly read: (hash: string) => Promise<Buffer>;
}

/** The accepted part as a change set of its own; `read` also knows the contents that came to be by leaving lines out. */
export type AcceptedPart =
  | { readonly outcome: 'ok'; readonly changes: ChangeSet; readonly read: (hash: string) => Promise<Buffer> }
  | Refusal;

const reload = 'Open the review again, which shows the result as it is now.';

/** One byte is one character in the patch, so that any encoding comes out as it went in; the paths are UTF-8. */
const asText = (path: string | null): string | null => (path === null ? null : Buffer.from(path, 'latin1').toString());
const filesOf = ({ changes, patch }: WholeResult): readonly ReviewFile[] => {
  const patches = parsePatch(patch.toString('latin1')).map((file): FilePatch => ({
    ...file,
    before: asText(file.before),
    after: asText(file.after),
  }));
  return reviewFiles(changes, patches);
};

/** A file of which the units were accepted that are given; null: none was, and nothing is left of its change. */
const partOf = async (
  { file, units }: ReviewFile,
  accepted: readonly Unit[],
  { read, keep }: Pick<WholeResult, 'read'> & { readonly keep: (content: Buffer) => string },
): Promise<ChangedFile | null> => {
  const { before, after } = file;
  if (accepted.length === units.length) return file;
  if (accepted.length === 0) return null;
  if (before === null || after === null) throw new Error('a file with one side only has one unit');
  const has = (kind: Unit['kind']): boolean => accepted.some((unit) => unit.kind === kind);
  const lines = (of: readonly Unit[]) => of.flatMap((unit) => (unit.kind === 'lines' ? [unit.change] : []));
  const taken = lines(accepted);
  const content = async (): Promise<Pick<FileVersion, 'blob' | 'bytes'>> => {
    if (taken.length === 0) return has('content') ? after : before;
    const old = (await read(before.blob)).toString('latin1');
    const bytes = Buffer.from(applyChanges(old, lines(units), new Set(taken)), 'latin1');
    return { blob: keep(bytes), bytes: bytes.length };
  };
  const { blob, bytes } = await content();
  const path = has('name') ? after.path : before.path;
  return {
    ...file,
    status: path === before.path ? 'modified' : 'renamed',
    after: { path, mode: has('mode') ? after.mode : before.mode, blob, bytes },
    additions: taken.reduce((sum, change) => sum + change.after.lines.length, 0),
    deletions: taken.reduce((sum, change) => sum + change.before.lines.length, 0),
  };
};

/**
 * Leaves out of a result what was not accepted: files that are not listed, and units that a listed file does not name. Without the unit
 * of its name or its mode a file keeps those that it had. Refuses if it names what the result does not have. Throws what `read` throws, and a
 * PatchError if patch and contents do not belong together.
 */
export const acceptedPart = async (whole: WholeResult, accepted: readonly AcceptedFile[]): Promise<AcceptedPart> => {
  const wanted = new Map(accepted.map(({ path, units }) => [path, units]));
  if (wanted.size !== accepted.length) return refused('A file is listed twice among the accepted ones.', reload);
  const files = filesOf(whole);
  const known = new Map(files.map((file) => [file.path, file]));
  for (const { path, units } of accepted) {
    const file = known.get(path);
    if (file === undefined) return refused(`The result does not change ${path}.`, reload);
    const ids = new Set(file.units.map(({ id }) => id));
    const other = units?.find((id) => !ids.has(id));
    if (other !== undefined) return refused(`The result has no change "${other}" in ${path}.`, reload);
  }
  const contents = new Map<string, Buffer>();
  const keep = (content: Buffer): string => {
    const hash = createHash('sha256').update(content).digest('hex');
    contents.set(hash, content);
    return hash;
  };
  const parts: ChangedFile[] = [];
  for (const file of files) {
    const ids = wanted.get(file.path);
    if (ids === undefined) continue;
    const named = new Set(ids);
    const taken = ids === null ? file.units : file.units.filter(({ id }) => named.has(id));
    const part = await partOf(file, taken, { read: whole.read, keep });
    if (part !== null) parts.push(part);
  }
  if (parts.length === 0)
    return refused('Nothing of the result was accepted.', 'Accept at least one change, or discard the result.');
  return {
    outcome: 'ok',
    changes: { ...whole.changes, files: parts },
    read: async (hash) => contents.get(hash) ?? whole.read(hash),
  };
};
