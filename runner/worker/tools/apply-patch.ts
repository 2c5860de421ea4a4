import { unlink } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { parsePatch, type FileChange } from '../../../shared/tool/patch.ts';
import { encode, utf8, type Encoding } from './encoding.ts';
import { applyHunks } from './hunks.ts';
import { findInside, isRepositoryData } from './inside.ts';
import { isWritable, placeFor, readText, writeText, type Writing } from './text-file.ts';
import { defineTool, done, failed, refused, type Refused, type ToolContext } from './tool.ts';

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
    const draft = new Draft(context);
    const summary: string[] = [];
    for (const change of parsed.changes) {
      const drafted = await draft.take(change);
      if (drafted.outcome === 'refused') return failed(`${drafted.message} Nothing was changed.`);
      summary.push(drafted.summary);
    }
    const written: Writing[] = [];
    for (const [path, file] of draft.files) {
      if (file === null) continue;
      const encoded = encode(file.text, file.encoding);
      if (encoded.outcome === 'refused')
        return failed(`${relative(context.root, path)}: ${encoded.message} Nothing was changed.`);
      written.push({ path, content: encoded.content, mode: file.mode });
    }
    for (const [path, file] of draft.files) if (file === null) await unlink(path);
    for (const file of written) await writeText(context, file);
    return done(summary.join('\n'));
  },
});

interface DraftFile {
  readonly text: string;
  readonly encoding: Encoding;
  readonly mode: number;
}

type Drafted = { readonly outcome: 'ok'; readonly summary: string } | Refused;

const drafted = (summary: string): Drafted => ({ outcome: 'ok', summary });

/** What a patch makes of the tree. Nothing is written before all of it fits. */
class Draft {
  /** What will be in each file, by its path on the host; null: it will be gone. */
  readonly files = new Map<string, DraftFile | null>();
  readonly #context: ToolContext;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  async take(change: FileChange): Promise<Drafted> {
    switch (change.kind) {
      case 'add': {
        const text = change.lines.map((line) => `${line}\n`).join('');
        return this.#create(change.path, { text, encoding: utf8, mode: 0o644 }, 'Added');
      }
      case 'delete':
        return this.#remove(change.path);
      case 'update':
        return this.#update(change);
    }
  }

  async #create(path: string, { text, encoding, mode }: DraftFile, how: string): Promise<Drafted> {
    const place = await placeFor(this.#context, path);
    if (place.outcome === 'refused') return place;
    const known = this.files.get(place.path);
    const there = known === undefined ? place.mode !== null : known !== null;
    if (there) return refused(`${place.shown} is there already; use "*** Update File".`);
    for (const [other, planned] of this.files)
      if (planned !== null && (other.startsWith(`${place.path}/`) || place.path.startsWith(`${other}/`)))
        return refused(`${place.shown} would be a file and a folder at once.`);
    this.files.set(place.path, { text, encoding, mode });
    return drafted(`${how} ${place.shown}.`);
  }

  async #remove(path: string): Promise<Drafted> {
    const { root } = this.#context;
    const inside = await findInside({ root, path, followLast: false });
    if (inside.outcome === 'refused') return inside;
    const { shown } = inside;
    if (isRepositoryData(root, inside.path)) return refused(`${shown} belongs to the repository data of git.`);
    const known = this.files.get(inside.path);
    if (known === null || (known === undefined && inside.outcome === 'missing'))
      return refused(`${shown} does not exist.`);
    if (inside.outcome === 'missing') this.files.delete(inside.path);
    else if (inside.stats.isDirectory()) return refused(`${shown} is a folder; a patch deletes files only.`);
    else if (!(await isWritable(dirname(inside.path))))
      return refused(`${shown} cannot be deleted: the permissions of its folder forbid it.`);
    else this.files.set(inside.path, null);
    return drafted(`Deleted ${shown}.`);
  }

  async #update({ path, moveTo, hunks }: Extract<FileChange, { kind: 'update' }>): Promise<Drafted> {
    const place = await placeFor(this.#context, path);
    if (place.outcome === 'refused') return place;
    const { shown } = place;
    const before = await this.#contentOf(path, place.path);
    if (before.outcome === 'refused') return before;
    const applied = applyHunks(before.text, hunks);
    if (applied.outcome === 'refused') return refused(`${shown}: ${applied.message}`);
    const after = { text: applied.text, encoding: before.encoding, mode: before.mode };
    if (moveTo === null) {
      this.files.set(place.path, after);
      return drafted(`Updated ${shown}.`);
    }
    const removed = await this.#remove(path);
    return removed.outcome === 'refused' ? removed : this.#create(moveTo, after, `Moved ${shown} to`);
  }

  /** What a file holds by now. */
  async #contentOf(path: string, host: string): Promise<({ readonly outcome: 'ok' } & DraftFile) | Refused> {
    const known = this.files.get(host);
    if (known !== undefined && known !== null) return { outcome: 'ok', ...known };
    const read = await readText(this.#context, path);
    if (read.outcome === 'refused') return read;
    return read.outcome === 'missing' || known === null
      ? refused(`${read.shown} does not exist; use "*** Add File".`)
      : read;
  }
}
