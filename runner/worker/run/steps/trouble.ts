import { isFullDisk } from '../../../machine/git/full-disk.ts';
import { BlobMissing, LogGone, SandboxRefused } from '../ports/ports.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { SourceRefused } from '../../workspace/workspace.ts';

/** System errors that are about the machine, whatever was asked of it. */
const ofMachine: ReadonlySet<string> = new Set(['EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENODEV', 'ESTALE']);

/**
 * Whether an error ends the activation: the machine, the sandbox or the control plane is at fault, so another attempt may fare
 * better. Everything else came of what was asked for, would come again, and is for the model to be told.
 */
export const endsActivation = (error: unknown): boolean =>
  error instanceof LogGone ||
  error instanceof SandboxRefused ||
  error instanceof SandboxBroken ||
  error instanceof BlobMissing ||
  error instanceof SourceRefused ||
  isFullDisk(error) ||
  (error instanceof Error && 'code' in error && typeof error.code === 'string' && ofMachine.has(error.code));

/** The sandbox could not do what it is for: start a command. That a command failed is a result. */
class SandboxBroken extends Error {}

/** The same sandbox, whose errors can be told from those of the tool that uses it. */
export const attributed = (sandbox: Sandbox): Sandbox => ({
  run: (command, options) =>
    sandbox.run(command, options).catch((error: unknown) => {
      throw new SandboxBroken(error instanceof Error ? error.message : String(error), { cause: error });
    }),
  [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
});

/** What went wrong, for the model: without where on the host it was. */
export const troubleText = (error: unknown, root: string): string => {
  const text = error instanceof Error ? error.message : String(error);
  const shown = text.replaceAll(`${root}/`, '').replaceAll(root, '/workspace').trim();
  return shown.length > 500 ? `${shown.slice(0, 500)}…` : shown;
};
