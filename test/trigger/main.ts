// Runs the engine suite against a real Trigger.dev server: npm run test:trigger. See README.md.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

const root = path.resolve(import.meta.dirname, '../..');
const { env } = process;
const needed = ['TRIGGER_SECRET_KEY', 'TRIGGER_API_URL'] as const;
const missing = needed.filter((name) => (env[name] ?? '') === '');
/** Not passed, and not failed: it did not run. */
const didNotRun = 2;

/** A worker on this machine, where there is what it takes to start one. The key has to be that of the development environment. */
const startWorker = async (): Promise<ChildProcess | null> => {
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
  const worker = spawn(process.execPath, [cli, 'dev', '--skip-update-check'], {
    cwd: root,
    env: { ...env, LONGHAUL_TRIGGER_SUITE: '1', TRIGGER_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: worker.stdout });
  const ended = once(worker, 'exit').then(() => {
    throw new Error('trigger.dev dev ended before its worker was ready');
  });
  const ready = async (): Promise<void> => {
    for await (const line of lines) {
      process.stderr.write(`  ${line}\n`);
      if (/worker ready/i.test(line)) return;
    }
  };
  await Promise.race([ready(), ended]);
  return worker;
};

const runSuite = async (): Promise<number> => {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const suite = spawn(process.execPath, [vitest, 'run', '--project', 'trigger'], { cwd: root, env, stdio: 'inherit' });
  const [code] = await once(suite, 'exit');
  return typeof code === 'number' ? code : 1;
};

if (missing.length > 0) {
  process.stderr.write(
    `The engine suite did not run on Trigger.dev: ${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set.\n`,
  );
  process.exitCode = didNotRun;
} else {
  const worker = await startWorker();
  try {
    process.exitCode = await runSuite();
  } finally {
    worker?.kill('SIGINT');
  }
}
