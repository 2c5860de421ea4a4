// The main job, from end to end, on a small repository with real failing tests:
//   npm run demo             asks you for the approval on the way
//   npm run demo -- --yes    answers it itself
// With OPENAI_API_KEY or OPENAI_BASE_URL a real model does the work; without, a scripted one over real HTTP.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { startFakeOpenAi } from '../test/fakes/openai/index.ts';
import demoModel from './demo-model.ts';

const { values } = parseArgs({ options: { yes: { type: 'boolean', default: false } } });
const root = path.resolve(import.meta.dirname, '..');
const longhaul = path.join(root, 'dist', 'longhaul.mjs');
// As root, commands run as another user, which must be able to enter this folder: it lies in the world's /tmp.
const folder = path.join(tmpdir(), `longhaul-demo-${process.getuid?.() ?? 'user'}`);
const repository = path.join(folder, 'corner-shop');
const home = path.join(folder, 'home');
const goal =
  'Some tests of this repository fail (node --test). Find out why, mend the code, not the tests, and show that all tests pass.';

const say = (text: string): void => console.log(`\n\u001b[1m${text}\u001b[0m`);

const git = (...args: string[]): void => {
  const done = spawnSync(
    'git',
    ['-C', repository, '-c', 'user.name=Demo', '-c', 'user.email=demo@example.invalid', ...args],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (done.status !== 0) throw new Error(`git ${args.join(' ')} failed`);
};

/** Runs the command line as a user would, with what it prints on the screen. Returns its exit code. */
const run = async (...args: string[]): Promise<number> => {
  console.log(
    `\u001b[2m$ longhaul ${args.map((arg) => (/^[\w./=-]+$/.test(arg) ? arg : `'${arg}'`)).join(' ')}\u001b[0m`,
  );
  const child = spawn(process.execPath, [longhaul, ...args], {
    cwd: repository,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  return Number(code);
};

/** The same, for its JSON. */
const ask = (...args: string[]): unknown => {
  const done = spawnSync(process.execPath, [longhaul, ...args, '--json'], { cwd: repository, env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`longhaul ${args.join(' ')} failed: ${done.stderr}`);
  return JSON.parse(done.stdout);
};

const agreed = async (question: string): Promise<boolean> => {
  if (values.yes) {
    console.log(`${question} yes (--yes)`);
    return true;
  }
  if (!process.stdin.isTTY) throw new Error('There is no terminal to ask on. Run: npm run demo -- --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
};

const real = process.env['OPENAI_API_KEY'] !== undefined || process.env['OPENAI_BASE_URL'] !== undefined;
const model = real ? null : await startFakeOpenAi({ script: demoModel, paceMs: 15 });
const env: NodeJS.ProcessEnv = {
  ...process.env,
  LONGHAUL_HOME: home,
  ...(model === null
    ? {}
    : {
        OPENAI_BASE_URL: model.url,
        OPENAI_API_KEY: model.apiKey,
        LONGHAUL_MODEL: 'scripted',
        LONGHAUL_API: 'responses',
      }),
};

say(
  model === null
    ? 'Longhaul demo, with your model'
    : 'Longhaul demo, with a SCRIPTED model: set OPENAI_API_KEY to see a real one at work',
);
if (model !== null)
  console.log('It answers over real HTTP from a script. Runner, sandbox, approval, tests and diff are the real ones.');

// A runner of an earlier demo has nothing to wait for.
if (spawnSync(process.execPath, [longhaul, 'stop'], { env, stdio: 'ignore' }).error !== undefined)
  throw new Error('node cannot be run');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
chmodSync(folder, 0o711);
cpSync(path.join(root, 'scripts', 'sample'), repository, { recursive: true });
git('init', '--quiet', '--initial-branch=main');
git('add', '--all');
git('commit', '--quiet', '--message=Corner shop');

let failed = false;
try {
  say('1. Delegate the repair of a repository with failing tests');
  console.log(`   ${repository}`);
  let code = await run('delegate', goal, '--title', 'Mend the failing tests', '--watch');
  while (code === 3) {
    // safe: what its help says it prints
    const { decisions } = ask('decisions') as {
      readonly decisions: readonly { readonly request: { readonly id: string } }[];
    };
    const [decision] = decisions;
    if (decision === undefined) break;
    say('2. The agent asks for something that this repository wants a person to decide');
    await run('decisions');
    code = (await agreed('Approve it?'))
      ? await run('approve', decision.request.id, '--yes')
      : await run('reject', decision.request.id, '--reason', 'Leave the recorded receipts as they are');
    if (code === 0) code = await run('watch', 'latest');
  }
  if (code === 1 || code === 2) throw new Error('The delegation failed; what it says above tells why.');
  say('3. What there is to review: evidence, then the diff');
  await run('show', 'latest');
  await run('diff', 'latest');
  say('4. Accept it, as a branch');
  failed =
    (await run('accept', 'latest')) !== 0 ||
    (await run('apply', 'latest', '--branch', 'longhaul/mend-the-tests')) !== 0;
} finally {
  await run('stop');
  await model?.[Symbol.asyncDispose]();
}

if (failed) {
  console.error('\nThe demo did not come to its end; above is where it stopped.');
  process.exitCode = 1;
} else {
  say('Done.');
  console.log(
    `The repaired branch is in ${repository}:\n  git -C ${repository} log --stat main..longhaul/mend-the-tests`,
  );
}
