// Runs the engine suite against a real Trigger.dev server: npm run test:trigger. See README.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { startWorker, type SuiteWorker } from './worker.ts';

const root = path.resolve(import.meta.dirname, '../..');
const { env } = process;
const needed = ['TRIGGER_SECRET_KEY', 'TRIGGER_API_URL'] as const;
const missing = needed.filter((name) => (env[name] ?? '') === '');
/** Not passed, and not failed: it did not run. */
const didNotRun = 2;

/** A worker on this machine, where there is what it takes to start one. The key has to be that of the development environment. */
const openWorker = async (): Promise<SuiteWorker | null> => {
  if (env['TRIGGER_ACCESS_TOKEN'] === undefined || env['TRIGGER_PROJECT_REF'] === undefined) {
    process.stderr.write(
      'The suite’s task has to be at work already: LONGHAUL_TRIGGER_SUITE=1 npx trigger.dev deploy (or dev). With TRIGGER_ACCESS_TOKEN and TRIGGER_PROJECT_REF set, and the key of the development environment, it is started here.\n',
    );
    return null;
  }
  const cli = path.join(
    path.dirname(createRequire(import.meta.url).resolve('trigger.dev/package.json')),
    'dist/esm/index.js',
  );
  return startWorker({
    command: [process.execPath, cli, 'dev', '--skip-update-check'],
    cwd: root,
    env: { ...env, LONGHAUL_TRIGGER_SUITE: '1', TRIGGER_TELEMETRY_DISABLED: '1' },
    patienceMs: 180_000,
    onLine: (line) => process.stderr.write(`  ${line}\n`),
  });
};

/** Without a worker nothing of the suite would ever begin: it ends when that does, with its words. */
const runSuite = async (worker: SuiteWorker | null): Promise<number> => {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const suite = spawn(process.execPath, [vitest, 'run', '--project', 'trigger'], { cwd: root, env, stdio: 'inherit' });
  const over = once(suite, 'exit').then(([code]) => (typeof code === 'number' ? code : 1));
  const failed = await Promise.race([over.then(() => null), ...(worker === null ? [] : [worker.ended])]);
  if (failed === null) return over;
  suite.kill();
  process.stderr.write(`${failed}\n`);
  await over;
  return 1;
};

if (missing.length > 0) {
  process.stderr.write(
    `The engine suite did not run on Trigger.dev: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set.\n`,
  );
  process.exitCode = didNotRun;
} else {
  try {
    const worker = await openWorker();
    process.exitCode = await runSuite(worker);
    worker?.stop();
  } catch (error) {
    process.stderr.write(
      `The engine suite did not run on Trigger.dev. ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
