import path from 'node:path';
import { parseCall } from '../../../shared/policy/call.ts';
import { findInside } from './inside.ts';

/**
 * Where the paths of a call lead in the tree as it is now, each link followed: relative to the workspace, without those that the call
 * names itself. A path that leads out or to nowhere is left out: the tools refuse it. No command may run meanwhile.
 */
export const placesOf = async (root: string, { tool, args }: { tool: string; args: unknown }): Promise<string[]> => {
  const parsed = parseCall(tool, args);
  if (parsed.outcome === 'invalid') return [];
  const found = new Set<string>();
  for (const given of parsed.call.paths)
    for (const followLast of [true, false]) {
      const inside = await findInside({ root, path: given, followLast });
      if (inside.outcome !== 'refused') found.add(path.relative(root, inside.path) || '.');
    }
  return [...found].filter((place) => !parsed.call.paths.includes(place));
};

/** Where a path of the tree leads when every link is followed, relative to the workspace; null: out of it, or nowhere. */
export const whereLeads = async (root: string, given: string): Promise<string | null> => {
  const inside = await findInside({ root, path: given });
  return inside.outcome === 'refused' ? null : path.relative(root, inside.path) || '.';
};
