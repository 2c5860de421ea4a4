import { createHash } from 'node:crypto';
import type { AcceptedFile } from '../../../shared/api/runner-api.ts';
import { applyHunks, parsePatch, type FilePatch, type Hunk } from '../../../shared/review/patch.ts';
import { reviewFiles, type ReviewFile } from '../../../shared/review/review-file.ts';
import type { ChangedFile, ChangeSet } from '../../../shared/run/artifacts.ts';
import { refused, type Refusal } from './user-repository.ts';

/** A whole result. `patch` is the content of its patch blob; `read` gives a blob by its name and throws if there is none. */
export interface WholeResult {
  readonly changes: ChangeSet;
  readonly patch: Buffer;
  readonly read: (hash: string) => Promise<Buffer>;
}

/** The accepted part as a change set of its own; `read` also knows the contents that came to be by leaving hunks out. */
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

const count = (hunks: readonly Hunk[], kind: 'added' | 'removed'): number =>
  hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0);

/** A file of which some hunks were accepted; null: nothing is left of its change. */
const partOf = async (
  { file, hunks }: ReviewFile,
  accepted: ReadonlySet<number>,
  { read, keep }: Pick<WholeResult, 'read'> & { readonly keep: (content: Buffer) => string },
): Promise<ChangedFile | null> => {
  const { before, after } = file;
  if (accepted.size === hunks.length && hunks.length > 0) return file;
  if (before === null || after === null) return null;
  if (accepted.size === 0 && before.path === after.path && before.mode === after.mode) return null;
  const old = (await read(before.blob)).toString('latin1');
  const content = Buffer.from(applyHunks(old, hunks, accepted), 'latin1');
  const taken = hunks.filter((_, index) => accepted.has(index));
  return {
    ...file,
    after: { ...after, blob: keep(content), bytes: content.length },
    additions: count(taken, 'added'),
    deletions: count(taken, 'removed'),
  };
};

/**
 * Leaves out of a result what was not accepted: files that are not listed, and hunks that a listed file does not name. With no hunk
 * a file still takes its new name and mode. Refuses if it names what the result does not have. Throws what `read` throws, and a
 * PatchError if patch and contents do not belong together.
 */
export const acceptedPart = async (whole: WholeResult, accepted: readonly AcceptedFile[]): Promise<AcceptedPart> => {
  const wanted = new Map(accepted.map(({ path, hunks }) => [path, hunks]));
  if (wanted.size !== accepted.length) return refused('A file is listed twice among the accepted ones.', reload);
  const files = filesOf(whole);
  const known = new Map(files.map((file) => [file.path, file]));
  for (const { path, hunks } of accepted) {
    const file = known.get(path);
    if (file === undefined) return refused(`The result does not change ${path}.`, reload);
    if (hunks?.some((index) => index >= file.hunks.length) === true)
      return refused(`The result has ${file.hunks.length} hunks in ${path}, and another one was accepted.`, reload);
  }
  const contents = new Map<string, Buffer>();
  const keep = (content: Buffer): string => {
    const hash = createHash('sha256').update(content).digest('hex');
    contents.set(hash, content);
    return hash;
  };
  const parts: ChangedFile[] = [];
  for (const file of files) {
    const hunks = wanted.get(file.path);
    if (hunks === undefined) continue;
    const part = hunks === null ? file.file : await partOf(file, new Set(hunks), { read: whole.read, keep });
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
