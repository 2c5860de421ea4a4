import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Copies, Ports } from '../run/ports/ports.ts';
import { removeTreeAside } from '../workspace/tree-files.ts';

/** Copies within this folder, which belong to `owner` if the worker is root. */
export const copiesIn =
  (folder: string, owner: Ports['owner']): Copies =>
  async (name) => {
    const place = path.join(folder, name);
    const tree = path.join(place, 'tree');
    const remove = () => removeTreeAside(place);
    await remove();
    try {
      await mkdir(place, { recursive: true, mode: 0o711 });
      await mkdir(tree, { mode: 0o700 });
      if (owner !== null) await chown(tree, owner.uid, owner.gid);
    } catch (error) {
      await remove();
      throw error;
    }
    return { tree, [Symbol.asyncDispose]: remove };
  };
