import { lstat, mkdir, open, readFile, readlink, rm } from 'node:fs/promises';
import path from 'node:path';
import { changedReads, setupReads } from '../../../../shared/recipe/setup-reads.ts';
import { parsePatch } from '../../../../shared/review/patch.ts';
import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import type { PlannedCommand } from '../../../../shared/run/events.ts';
import type { ChangedSetup } from '../../agent/judge.ts';
import type { StepContext } from '../ports/ports.ts';

/** Characters of a patch that a decision shows: a manifest's change fits; of a lock file's, its beginning does. */
const shownPatch = 40_000;

/** Bytes of all of it that are looked through for those parts. */
const readPatch = 16 * 1024 * 1024;

const beginningOf = async (file: string): Promise<string> => {
  await using handle = await open(file);
  const bytes = Buffer.alloc(Math.min(readPatch, (await handle.stat()).size));
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
  return bytes.toString('utf8', 0, bytesRead);
};

/** What the agent changed of the files that these commands read; null: nothing. `about` shows it for some of these paths. */
export const changedSetup = async (
  { state, ports }: StepContext,
  commands: readonly PlannedCommand[],
  { base, head }: { readonly base: Checkpoint; readonly head: Checkpoint },
): Promise<{ readonly paths: readonly string[]; about(paths: readonly string[]): ChangedSetup } | null> => {
  if (base.tree === head.tree) return null;
  let text = '';
  // Names and the patch are all that is looked at: no content is kept.
  const { files } = await ports.workspace.changes(base, head, {
    content: async () => '',
    largeContent: async () => '',
    patch: async (file) => {
      text = await beginningOf(file);
      return '';
    },
  });
  const paths = changedReads(files, setupReads(commands, state.task.setupReads));
  if (paths.length === 0) return null;
  return {
    paths,
    about: (some) => ({
      commands: commands.map(({ command, network }) => ({ command, network })),
      paths: some,
      patch: cut(patchOf(text, new Set(some)), state.id),
    }),
  };
};

/** The parts of a patch that are about these files. Lines of content never begin at the margin, so each header is one. */
const patchOf = (patch: string, paths: ReadonlySet<string>): string =>
  patch
    .split(/^(?=diff --git )/m)
    .filter((part) =>
      parsePatch(part).some(({ before, after }) => [before, after].some((name) => name !== null && paths.has(name))),
    )
    .join('');

const cut = (patch: string, run: string): string =>
  patch.length <= shownPatch
    ? patch
    : `${patch.slice(0, shownPatch)}\n… ${patch.length - shownPatch} more characters: longhaul diff ${run} --so-far\n`;

/** Of these files, those that are not in the folder what they are in the checkpoint. */
export const differing = async (
  { ports }: StepContext,
  { head, tree, paths }: { readonly head: Checkpoint; readonly tree: string; readonly paths: readonly string[] },
): Promise<readonly string[]> => {
  const final = `${tree}.final`;
  await mkdir(final, { mode: 0o700 });
  try {
    await ports.workspace.checkout(head, final);
    const same = await Promise.all(
      paths.map(async (name) => {
        const [one, other] = await Promise.all([contentOf(path.join(tree, name)), contentOf(path.join(final, name))]);
        return one === other;
      }),
    );
    return paths.filter((_, index) => same[index] === false);
  } finally {
    await rm(final, { recursive: true, force: true });
  }
};

/** Of a file or a link, in a form in which no two kinds are alike; what is neither is as if it were not there. */
const contentOf = async (file: string): Promise<string> => {
  const found = await lstat(file).catch(() => null);
  if (found?.isSymbolicLink() === true) return `link ${await readlink(file)}`;
  if (found?.isFile() !== true) return 'nothing';
  return `file ${found.mode & 0o100} ${await readFile(file, 'latin1')}`;
};
