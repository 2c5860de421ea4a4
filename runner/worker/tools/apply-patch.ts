import { unlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { parsePatch, type FileChange } from '../../../shared/tool/patch.ts';
import { encode, utf8, type Encoding } from './encoding.ts';
import { applyHunks } from './hunks.ts';
import { findInside, isRepositoryData } from './inside.ts';
import { isWritable, placeFor, readText, writeText, type Writing } from './text-file.ts';
import { defineTool, done, failed, type ToolContext } from './tool.ts';

export const applyPatch = defineTool({
  name: 'apply_patch',
  description: `Change several files at once, or none if any part of the patch does not fit. The format:
*** Begin Patch
*** Update File: src/a.ts
@@ class Greeter {
   greet() {
-    return 'hi';
+    return 'hello';
   }
*** Add File: src/b.ts
+export const b = 1;
*** Delete File: src/c.ts
*** End Patch
Each line of a hunk begins with a blank (context), "-" or "+". "@@ line" leads to the place by a line above it. "*** Move to: path" below "*** Update File" renames.`,
  run: async ({ patch }, context) => {
    const parsed = parsePatch(patch);
    if (parsed.outcome === 'invalid') return failed(parsed.message);
    const draft: Draft = new Map();
    const summary: string[] = [];
    for (const change of parsed.changes) {
      const drafted = await draftChange(context, draft, change);
      if (drafted.outcome === 'refused') return failed(`${drafted.message} Nothing was changed.`);
      summary.push(drafted.summary);
    }
    const written: Writing[] = [];
    for (const [path, file] of draft) {
      if (file === null) continue;
      const encoded = encode(file.content, file.encoding);
      if (encoded.outcome === 'refused')
        return failed(`${relative(context.root, path)}: ${encoded.message} Nothing was changed.`);
      written.push({ path, content: encoded.content, mode: file.mode });
    }
    for (const [path, file] of draft) if (file === null) await unlink(path);
    for (const file of written) await writeText(context, file);
    return done(summary.join('\n'));
  },
});

/** What will be in each file, by its path on the host; null: it will be gone. Nothing is written before all of it fits. */
type Draft = Map<string, DraftFile | null>;

interface DraftFile {
  readonly content: string;
  readonly encoding: Encoding;
  readonly mode: number;
}

type Drafted =
  | { readonly outcome: 'ok'; readonly summary: string }
  | { readonly outcome: 'refused'; readonly message: string };

const refused = (message: string): Drafted => ({ outcome: 'refused', message });

const draftChange = async (context: ToolContext, draft: Draft, change: FileChange): Promise<Drafted> => {
  switch (change.kind) {
    case 'add': {
      const content = change.lines.map((line) => `${line}\n`).join('');
      return create(context, draft, { path: change.path, content, encoding: utf8, mode: 0o644, summary: 'Added' });
    }
    case 'delete':
      return remove(context, draft, change.path);
    case 'update':
      return update(context, draft, change);
  }
};

const create = async (
  context: ToolContext,
  draft: Draft,
  file: DraftFile & { readonly path: string; readonly summary: string },
): Promise<Drafted> => {
  const place = await placeFor(context, file.path);
  if (place.outcome === 'refused') return place;
  const drafted = draft.get(place.path);
  const there = drafted === undefined ? place.mode !== null : drafted !== null;
  if (there) return refused(`${place.shown} is there already; use "*** Update File".`);
  for (const [other, planned] of draft)
    if (planned !== null && (other.startsWith(`${place.path}/`) || place.path.startsWith(`${other}/`)))
      return refused(`${place.shown} would be a file and a folder at once.`);
  draft.set(place.path, { content: file.content, encoding: file.encoding, mode: file.mode });
  return { outcome: 'ok', summary: `${file.summary} ${place.shown}.` };
};

const remove = async (context: ToolContext, draft: Draft, path: string): Promise<Drafted> => {
  const inside = await findInside({ root: context.root, path, followLast: false });
  if (inside.outcome === 'refused') return inside;
  const { shown } = inside;
  if (isRepositoryData(context.root, inside.path)) return refused(`${shown} belongs to the repository data of git.`);
  const drafted = draft.get(inside.path);
  if (drafted === null || (drafted === undefined && inside.outcome === 'missing'))
    return refused(`${shown} does not exist.`);
  if (inside.outcome === 'missing') draft.delete(inside.path);
  else if (inside.stats.isDirectory()) return refused(`${shown} is a folder; a patch deletes files only.`);
  else if (!(await isWritable(dirname(inside.path))))
    return refused(`${shown} cannot be deleted: the permissions of its folder forbid it.`);
  else draft.set(inside.path, null);
  return { outcome: 'ok', summary: `Deleted ${shown}.` };
};

const update = async (
  context: ToolContext,
  draft: Draft,
  change: Extract<FileChange, { kind: 'update' }>,
): Promise<Drafted> => {
  const place = await placeFor(context, change.path);
  if (place.outcome === 'refused') return place;
  const before = await contentOf(context, draft, { path: change.path, host: place.path });
  if (before.outcome === 'refused') return before;
  const applied = applyHunks(before.content, change.hunks);
  if (applied.outcome === 'refused') return refused(`${place.shown}: ${applied.message}`);
  if (change.moveTo === null) {
    draft.set(place.path, { content: applied.text, encoding: before.encoding, mode: before.mode });
    return { outcome: 'ok', summary: `Updated ${place.shown}.` };
  }
  const removed = await remove(context, draft, change.path);
  if (removed.outcome === 'refused') return removed;
  return create(context, draft, {
    path: change.moveTo,
    content: applied.text,
    encoding: before.encoding,
    mode: before.mode,
    summary: `Moved ${place.shown} to`,
  });
};

type Content = ({ readonly outcome: 'ok' } & DraftFile) | { readonly outcome: 'refused'; readonly message: string };

const contentOf = async (
  context: ToolContext,
  draft: Draft,
  file: { readonly path: string; readonly host: string },
): Promise<Content> => {
  const drafted = draft.get(file.host);
  if (drafted !== undefined && drafted !== null) return { outcome: 'ok', ...drafted };
  const read = await readText(context, file.path);
  if (read.outcome === 'ok' && drafted === undefined)
    return { outcome: 'ok', content: read.text, encoding: read.encoding, mode: read.mode };
  return {
    outcome: 'refused',
    message: read.outcome === 'refused' ? read.message : `${read.shown} does not exist; use "*** Add File".`,
  };
};
