// Runs test files of some vitest projects in an order drawn by lot, as many as can be begun within some minutes: what takes longer than CI has, is tried in
// parts, another one each time.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/**
 * Whose failed files are run once more, and counted as they end then, with what failed first told as such: those whose browser, workbench and server
 * of somebody else race each other. Elsewhere a test that fails now and then has found something.
 */
const secondTry = 'editor';

const root = path.join(import.meta.dirname, '..');
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs');
/** Where CI adds up what was counted; `scripts/count-tests.mjs` reads it. */
const results = process.env['LONGHAUL_TEST_RESULTS'];

/** Of vitest's report as JSON: the files, by their absolute paths. */
const Report = z.object({ testResults: z.array(z.looseObject({ name: z.string(), status: z.string() })) });
type Files = z.infer<typeof Report>['testResults'];

/** Runs files of one project. `ok`: vitest ended without an error. */
const run = (project: string, files: readonly string[]): { readonly ok: boolean; readonly files: Files } => {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-drawn-'));
  try {
    const { status, pid } = spawnSync(process.execPath, [vitest, 'run', '--project', project, ...files], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, LONGHAUL_TEST_RESULTS: folder },
    });
    const report = path.join(folder, `${pid}.json`);
    if (!existsSync(report)) return { ok: false, files: [] };
    return { ok: status === 0, files: Report.parse(JSON.parse(readFileSync(report, 'utf8'))).testResults };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const keep = (name: string, testResults: Files, failedFirst: Files): void => {
  if (results !== undefined)
    writeFileSync(path.join(results, `${name}.json`), JSON.stringify({ testResults, failedFirst }));
};

const listed = spawnSync(
  process.execPath,
  [vitest, 'list', '--filesOnly', '--json', ...projects.flatMap((project) => ['--project', project])],
  { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
);
const Listed = z.array(z.object({ file: z.string(), projectName: z.string() }));
let left = Listed.parse(JSON.parse(listed.stdout.slice(listed.stdout.indexOf('['))))
  .map(({ file, projectName }) => ({ file: path.relative(root, file), projectName, lot: Math.random() }))
  .toSorted((a, b) => a.lot - b.lot);

const deadline = performance.now() + budgetMs;
let failed = false;
for (let call = 1; left.length > 0 && performance.now() < deadline; call += 1) {
  // Projects differ in how many files they run at a time, which one call cannot.
  const project = left[0]?.projectName ?? '';
  const next = left.filter(({ projectName }) => projectName === project).slice(0, atOnce);
  left = left.filter((file) => !next.includes(file));
  let ended = run(
    project,
    next.map(({ file }) => file),
  );
  const failures = ended.files.filter(({ status }) => status === 'failed');
  if (project === secondTry && failures.length > 0) {
    process.stdout.write(`longhaul: once more: ${failures.map(({ name }) => path.relative(root, name)).join(', ')}\n`);
    const again = run(
      project,
      failures.map(({ name }) => name),
    );
    ended = { ok: again.ok, files: [...ended.files.filter((file) => !failures.includes(file)), ...again.files] };
  }
  keep(`${projects.join('-')}-${call}`, ended.files, project === secondTry ? failures : []);
  failed ||= !ended.ok;
}
const files = left.map(({ file }) => file);
if (files.length > 0)
  process.stdout.write(
    `longhaul: not drawn this time, for want of time: ${files.join(', ')}\nlonghaul: all of them: npm run test:deep, npm run test:editor\n`,
  );
process.exit(failed ? 1 : 0);
