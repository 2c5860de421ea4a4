import { randomBytes } from 'node:crypto';
import { link, lstat, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { refused, sandboxRoot, type SandboxRefusal } from '../sandbox.ts';

/** Only root writes there, and it lasts as long as the container does. */
const claimFile = '/run/longhaul-run';

/**
 * Takes the whole container for one run, for good: what its commands leave somewhere could reach the next. Null: it is this run's, now or already.
 * Throws when the mark cannot be written.
 */
export async function claimContainer(run: string, claim = claimFile): Promise<SandboxRefusal | null> {
  const draft = `${claim}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, run, { mode: 0o600 });
  try {
    await link(draft, claim);
    return null;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
  const holder = await readFile(claim, 'utf8');
  return holder === run
    ? null
    : refused(
        `this container has had a run already (${holder}), and with isolation "container" it takes only one`,
        'start a new container for each run, or choose the isolation namespaces, e2b or daytona',
      );
}

/** Lets commands find the tree where the model is told it is. A folder that the image has there is not touched. */
export async function linkWorkspace(tree: string, place: string = sandboxRoot): Promise<SandboxRefusal | null> {
  const found = await lstat(place).catch(() => null);
  if (found !== null && !found.isSymbolicLink())
    return refused(
      `${place} exists in this container, and commands need that name for their tree`,
      `take ${place} out of the image`,
    );
  if (found !== null && (await readlink(place)) === tree) return null;
  const draft = `${place}.${randomBytes(4).toString('hex')}`;
  await symlink(tree, draft);
  await rename(draft, place);
  return null;
}
