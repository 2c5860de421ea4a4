import { spawnSync } from 'node:child_process';
import { AppendProxy } from './proxy.ts';
import type { GitHub } from './github.ts';
import { gitIn } from './repository.ts';

/**
 * Stands before the API of `emulate`, which says of each pull request that it can be merged, and that it is at the commit it was opened with. Here both are what git makes of
 * the two branches that it serves, once those are brought up to date (`github.sync`). No witness of its own: `mergeable` and `head.sha` are as GitHub's schema has them.
 */
export const mergeableByGit = async ({ apiUrl, bare }: Pick<GitHub, 'apiUrl' | 'bare'>): Promise<AppendProxy> => {
  const proxy = new AppendProxy();
  proxy.target = apiUrl;
  proxy.rewrite = {
    answer: (body, path) => {
      if (!/\/pulls\/\d+$/.test(path) || !body.includes('"mergeable"')) return body;
      // safe: what emulate says of a pull request
      const pull = JSON.parse(body) as { head: { ref: string; sha: string }; base: { ref: string }; merged: boolean };
      if (pull.merged) return body;
      const sha = gitIn(bare, 'rev-parse', pull.head.ref).trim();
      const merged = spawnSync('git', ['merge-tree', '--write-tree', pull.base.ref, pull.head.ref], { cwd: bare });
      return JSON.stringify({ ...pull, head: { ...pull.head, sha }, mergeable: merged.status === 0 });
    },
  };
  return proxy;
};
