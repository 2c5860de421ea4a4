import type { CommitAction } from '@gitbeaker/rest';
import { z } from 'zod';
import type { FileVersion } from '../../../shared/run/artifacts.ts';
import type { Effect, EffectResult } from '../../../shared/run/effect.ts';
import { Trouble } from '../../../shared/trouble.ts';
import { blobId } from '../../machine/git/blobs.ts';
import type { BranchGiven as Given } from '../forges/forge.ts';
import { gitLabTrouble, orNull, statusOf, type GitLab } from './client.ts';

type BranchEffect = Extract<Effect, { kind: 'branch' }>;

interface BranchGiven extends Omit<Given, 'signal'> {
  readonly gitlab: GitLab;
}

const Commit = z.object({ id: z.string(), message: z.string(), parent_ids: z.array(z.string()).catch([]) });
const Branch = z.object({ commit: Commit });

/**
 * Makes a commit with the result and puts a branch on it, both with one request of GitLab's API for commits: the code need not be here, and nothing but
 * the changed files travels. Throws EffectTrouble.
 */
export const publishBranch = async (effect: BranchEffect, given: BranchGiven): Promise<EffectResult> => {
  const { gitlab, trailer } = given;
  const { branch, onTop, base, message } = effect;
  const mine = ({ message: says }: z.infer<typeof Commit>): boolean => says.split('\n').includes(trailer);
  try {
    const there = await headOf(gitlab, branch);
    if (there !== null && mine(there)) return resultOf(effect, given, { commit: there.id, adopted: true });
    if ((there?.id ?? null) !== onTop) throw elsewhere(effect, there?.id ?? null);
    const actions = await actionsFor(effect, given);
    // What this round changes beyond the last one is nothing.
    if (actions.length === 0 && onTop !== null)
      return resultOf(effect, given, { commit: onTop, adopted: true, notes: ['The branch has these files already.'] });
    try {
      const made = await gitlab.commits.create(
        gitlab.project,
        branch,
        `${message.trimEnd()}\n\n${trailer}\n`,
        actions,
        // A branch that is there already is refused with it, so that nothing is put on somebody else's.
        { stats: false, ...(onTop === null ? { startSha: base } : {}) },
      );
      const commit = Commit.parse(made);
      const isOnTop = onTop === null || commit.parent_ids.includes(onTop);
      const notes = isOnTop ? [] : ['Somebody has put other commits on the branch just before it.'];
      return resultOf(effect, given, { commit: commit.id, adopted: false, notes });
    } catch (error) {
      if (statusOf(error) !== 400) throw error;
      const meanwhile = await headOf(gitlab, branch);
      if (meanwhile !== null && mine(meanwhile))
        return resultOf(effect, given, { commit: meanwhile.id, adopted: true });
      if ((meanwhile?.id ?? null) !== onTop) throw elsewhere(effect, meanwhile?.id ?? null);
      throw error;
    }
  } catch (error) {
    throw gitLabTrouble(`make the branch ${branch}`, error);
  }
};

const resultOf = (
  { branch }: BranchEffect,
  { gitlab }: BranchGiven,
  made: { readonly commit: string; readonly adopted: boolean; readonly notes?: string[] },
): EffectResult => ({
  reference: made.commit,
  url: `${gitlab.webUrl}/-/tree/${encodeURI(branch)}`,
  adopted: made.adopted,
  notes: made.notes ?? [],
});

const elsewhere = ({ branch, onTop }: BranchEffect, sha: string | null): Trouble =>
  new Trouble(
    onTop === null
      ? `There is a branch ${branch} already.`
      : sha === null
        ? `The branch ${branch} is gone.`
        : `Somebody has put other commits on the branch ${branch}.`,
    { remedy: 'Publish under another name for the branch (--branch).' },
  );

const headOf = async ({ branches, project }: GitLab, branch: string): Promise<z.infer<typeof Commit> | null> => {
  const there = await orNull(branches.show(project, branch));
  return there === null ? null : Branch.parse(there).commit;
};

/** A file as a commit has it. */
interface FileThere {
  readonly id: string;
  readonly executable: boolean;
  readonly content: Buffer;
}

/** What is to be otherwise than in the commit that the new one stands on. Throws Trouble. */
const actionsFor = async (effect: BranchEffect, given: BranchGiven): Promise<CommitAction[]> => {
  const { gitlab, changes, read } = given;
  const { base, onTop } = effect;
  await mustHaveCommit(gitlab, base);
  const files = openFiles(gitlab);
  const wanted = new Map<string, FileThere | null>();
  for (const { before, after } of changes.files) {
    mustBeFile(before);
    mustBeFile(after);
    if (before === null) continue;
    mustBe(before, { there: await files(before.path, base), is: blobId(await read(before.blob), base) });
    wanted.set(before.path, null);
  }
  for (const { after } of changes.files) {
    if (after === null) continue;
    const content = await read(after.blob);
    wanted.set(after.path, { id: blobId(content, base), executable: after.mode === '100755', content });
  }
  // What an earlier round changed and this one does not is as it was before both.
  for (const path of onTop === null ? [] : await changedBetween(gitlab, base, onTop))
    if (!wanted.has(path)) wanted.set(path, await files(path, base));
  const actions: CommitAction[] = [];
  for (const [path, want] of wanted) actions.push(...actionsOn(path, want, await files(path, onTop ?? base)));
  // A folder can be made where a file was once that is gone.
  return [
    ...actions.filter(({ action }) => action === 'delete'),
    ...actions.filter(({ action }) => action !== 'delete'),
  ];
};

const actionsOn = (filePath: string, want: FileThere | null, have: FileThere | null): CommitAction[] => {
  if (want === null) return have === null ? [] : [{ action: 'delete', filePath }];
  const content = { content: want.content.toString('base64'), encoding: 'base64' };
  const actions: CommitAction[] = [];
  if (have === null) actions.push({ action: 'create', filePath, ...content });
  else if (have.id !== want.id) actions.push({ action: 'update', filePath, ...content });
  if ((have?.executable ?? false) !== want.executable)
    actions.push({ action: 'chmod', filePath, execute_filemode: want.executable });
  return actions;
};

const File = z.object({
  blob_id: z.string(),
  execute_filemode: z.boolean().catch(false),
  content: z.string(),
  encoding: z.literal('base64'),
});

type Files = (path: string, commit: string) => Promise<FileThere | null>;

/** Each is asked for once. */
const openFiles = ({ files, project }: GitLab): Files => {
  const known = new Map<string, Promise<FileThere | null>>();
  const ask = async (path: string, commit: string): Promise<FileThere | null> => {
    const there = await orNull(files.show(project, path, commit));
    if (there === null) return null;
    const { blob_id: id, execute_filemode: executable, content } = File.parse(there);
    return { id, executable, content: Buffer.from(content, 'base64') };
  };
  return (path, commit) => {
    const key = `${commit} ${path}`;
    const asked = known.get(key) ?? ask(path, commit);
    known.set(key, asked);
    return asked;
  };
};

/** docs.gitlab.com: of a comparison with more files it may leave out some. */
const mostCompared = 1000;
const Compared = z.object({
  diffs: z.array(z.object({ old_path: z.string(), new_path: z.string() })),
  compare_timeout: z.boolean().catch(false),
});

const changedBetween = async ({ repositories, project }: GitLab, from: string, to: string): Promise<Set<string>> => {
  const compared = Compared.parse(await repositories.compare(project, from, to, { straight: true }));
  if (compared.compare_timeout || compared.diffs.length >= mostCompared)
    throw new Trouble('The rounds before this one changed more files than GitLab compares.', {
      remedy: 'Publish under another name for the branch (--branch).',
    });
  return new Set(compared.diffs.flatMap(({ old_path: before, new_path: after }) => [before, after]));
};

const mustHaveCommit = async ({ commits, project }: GitLab, base: string): Promise<void> => {
  if ((await orNull(commits.show(project, base, { stats: false }))) !== null) return;
  throw new Trouble(`The commit ${base.slice(0, 12)} that the run started from is not on GitLab.`, {
    remedy: 'Push the branch that it is on, then publish again.',
  });
};

const mustBeFile = (version: FileVersion | null): void => {
  if (version?.mode !== '120000') return;
  throw new Trouble(`${version.path} is a symbolic link, and GitLab’s API for commits makes none.`, {
    remedy: 'Make a branch of the result here and push it: longhaul apply --branch.',
  });
};

/** What the person had not committed is in the result as well where the agent changed the same file: nobody asked to publish that. */
const mustBe = (
  { path, mode }: FileVersion,
  { there, is }: { readonly there: FileThere | null; readonly is: string },
): void => {
  if (there?.id === is && there.executable === (mode === '100755')) return;
  throw new Trouble(
    `${path} had changes that were not committed when the run was delegated; the result is made on top of them.`,
    { remedy: 'Apply the result to the working tree and commit it with them, or delegate again from a clean tree.' },
  );
};
