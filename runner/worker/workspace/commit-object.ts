import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { longhaul } from '../../machine/git/longhaul.ts';
import { sync } from './sync.ts';

interface CommitContent {
  /** Ids in hexadecimal, SHA-1 or SHA-256 as the repository has them. */
  readonly tree: string;
  readonly parent: string | null;
  readonly label: string;
  /** The mark of what git does not cover of that tree; null: none is named. */
  readonly rest: string | null;
}

/**
 * Saves a commit by Longhaul as a loose object and points `ref` at it; gives its id, the one `git commit-tree` would give. In
 * this process, because starting git for it twice is a third of what a checkpoint takes. The commit is on disk when this
 * returns, and on a file system with one journal so are the renames of whatever was written before it. Throws system errors.
 */
export const writeCommit = (gitDirectory: string, content: CommitContent, ref: string): string => {
  const object = serialised(content);
  const id = createHash(content.tree.length === 64 ? 'sha256' : 'sha1')
    .update(object)
    .digest('hex');
  const folder = join(gitDirectory, 'objects', id.slice(0, 2));
  const place = join(folder, id.slice(2));
  if (!existsSync(place)) {
    mkdirSync(folder, { recursive: true });
    // The name that git's own drafts have: its `prune` takes away what a crash left.
    const draft = join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
    writeFileSync(draft, deflateSync(object), { mode: 0o444, flag: 'wx', flush: true });
    renameSync(draft, place);
  }
  // Also where an earlier attempt got this far and was killed.
  sync(folder);
  const target = join(gitDirectory, ref);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(`${target}.draft`, `${id}\n`);
  renameSync(`${target}.draft`, target);
  return id;
};

const serialised = ({ tree, parent, label, rest }: CommitContent): Buffer => {
  const by = `${longhaul.name} <${longhaul.email}> ${longhaul.date ?? ''}`;
  const lines = [`tree ${tree}`, ...(parent === null ? [] : [`parent ${parent}`]), `author ${by}`, `committer ${by}`];
  // git takes a message up to its first NUL; a label may come from a model.
  const body = Buffer.from(
    `${lines.join('\n')}\n\n${label.replaceAll('\0', ' ')}\n${rest === null ? '' : `\n${restPrefix}${rest}\n`}`,
  );
  return Buffer.concat([Buffer.from(`commit ${body.length}\0`), body]);
};

const restPrefix = 'Longhaul-Rest: ';

/** The mark that a commit object names, in its very last line: a label may come from a model. Null: none. */
export const restOf = (commit: Buffer): string | null =>
  /\nLonghaul-Rest: ([0-9a-f]+|base)\n$/.exec(commit.toString('latin1'))?.[1] ?? null;
