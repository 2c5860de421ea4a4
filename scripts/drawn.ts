// Runs test files of some vitest projects in an order drawn by lot, as many as can be begun within some minutes: what takes longer than CI has, is tried in
// parts, another one each time.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';

const [minutes = '', ...projects] = process.argv.slice(2);
const budgetMs = Number(minutes) * 60_000;
if (!(budgetMs > 0) || projects.length === 0) {
  process.stderr.write('usage: node scripts/drawn.ts <minutes> <project> [<project> …]\n');
  process.exit(2);
}

/** Files of one call: enough to keep every lane at work, few enough that the time is kept. */
const atOnce = 4;

const root = path.join(import.meta.dirname, '..');
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
const run = (args: readonly string[]): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' });

const listed = spawnSync(
  process.execPath,
  [vitest, 'list', '--filesOnly', '--json', ...projects.flatMap((project) => ['--project', project])],
  { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
);
const Files = z.array(z.object({ file: z.string(), projectName: z.string() }));
let left = Files.parse(JSON.parse(listed.stdout.slice(listed.stdout.indexOf('['))))
  .map(({ file, projectName }) => ({ file: path.relative(root, file), projectName, lot: Math.random() }))
  .toSorted((a, b) => a.lot - b.lot);

const deadline = performance.now() + budgetMs;
let failed = false;
while (left.length > 0 && performance.now() < deadline) {
  // Projects differ in how many files they run at a time, which one call cannot.
  const project = left[0]?.projectName ?? '';
  const next = left.filter(({ projectName }) => projectName === project).slice(0, atOnce);
  left = left.filter((file) => !next.includes(file));
  const { status } = run(['run', '--project', project, ...next.map(({ file }) => file)]);
  failed = status !== 0 || failed;
}
const files = left.map(({ file }) => file);
if (files.length > 0)
  process.stdout.write(
    `longhaul: not drawn this time, for want of time: ${files.join(', ')}\nlonghaul: all of them: npm run test:deep, npm run test:editor\n`,
  );
process.exit(failed ? 1 : 0);
