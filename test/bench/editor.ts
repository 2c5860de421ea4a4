import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../harness/rig.ts';
import type { Bench, Row } from './rows.ts';

const suites = path.join(projectRoot, 'test', 'editor');

/** Runs a program and gives what it printed; what it complains of goes to the terminal. */
const run = (program: string, ...args: readonly string[]): string => {
  const ended = spawnSync(program, args, { cwd: projectRoot, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (ended.status !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${ended.status}`);
  return ended.stdout;
};

/** The extension in a real workbench. In a process of its own: what it needs is not among the project's packages. */
export const editor: Bench = {
  name: 'editor',
  limitMs: 900_000,
  run: async () => {
    if (!existsSync(path.join(suites, 'node_modules', '.longhaul-lock')))
      return [
        {
          what: 'editor',
          value: null,
          unit: 'ms',
          target: null,
          note: 'the workbench is not installed; sh test/editor/setup.sh brings it',
        },
      ];
    run('npm', 'run', '--silent', 'package');
    // safe: it prints rows
    return JSON.parse(run(process.execPath, path.join(suites, 'bench.ts'))) as readonly Row[];
  },
};
