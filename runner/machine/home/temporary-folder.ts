import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new folder that only its owner can enter, and that goes away when it is disposed; `parent` is there already. */
export const temporaryFolder = async (
  prefix: string,
  parent = tmpdir(),
): Promise<AsyncDisposable & { readonly path: string }> => {
  const path = await mkdtemp(join(parent, prefix));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};
