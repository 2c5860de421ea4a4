import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { digestsOf, play, seedsFrom } from './play.ts';

const root = path.join(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** Some with one control plane and some with two, some with two runs. */
const seeds = [...seedsFrom(40, { count: 12 })];

const environment = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => {
  const { LONGHAUL_TEST_RESULTS: _counted, SEED: _seed, SCHEDULES: _schedules, ...rest } = process.env;
  return { ...rest, ...more, PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}`, NO_COLOR: '1' };
};

const alone = async (seed: number): Promise<unknown> => {
  const { stdout } = await run(process.execPath, [path.join(import.meta.dirname, 'alone.ts'), String(seed)], {
    env: environment(),
  });
  return { seed, ...JSON.parse(stdout) };
};

test('a seed is one schedule, step by step, whatever was played before it, and waits for nothing of the machine', async () => {
  const digests = await digestsOf(seeds);
  expect(new Set(digests.values()).size).toBe(seeds.length);
  const backwards = await digestsOf(seeds.toReversed());
  expect(Object.fromEntries(backwards)).toEqual(Object.fromEntries(digests));
  const waiting = [...seeds];
  const found: unknown[] = [];
  const inTurn = async (): Promise<void> => {
    for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) found.push(await alone(seed));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, inTurn));
  expect(new Set(found)).toEqual(new Set(seeds.map((seed) => ({ seed, digest: digests.get(seed), waits: [] }))));
});

/** What a command in a shell printed that was to fail. */
const printed = async (command: string, env: NodeJS.ProcessEnv): Promise<string> => {
  const failed = await run('sh', ['-c', command], { cwd: root, env, maxBuffer: 1e8 }).then(
    () => null,
    (error: unknown) => error as { readonly stdout: string; readonly stderr: string }, // safe: `execFile` says so of a failure
  );
  if (failed === null) throw new Error(`${command} found nothing`);
  return `${failed.stdout}\n${failed.stderr}`;
};

/** The lines that tell what happened. */
const storyIn = (text: string): readonly string[] =>
  text.split('\n').filter((line) => /^\d\d:\d\d:\d\d\.\d{3}Z /.test(line));

test('a schedule that shows a problem is printed with the command that plays it again', async () => {
  const first = await printed(
    'npx vitest run --project simulation schedules/second',
    environment({ WITHOUT: 'restores', SCHEDULES: '2000' }),
  );
  const command = /play it again with: (.*)/.exec(first)?.[1];
  if (command === undefined) throw new Error(`no command was printed: ${first}`);
  expect(command).toMatch(/^WITHOUT=restores SEED=\d+ npx vitest run --project simulation schedules\/second$/);
  const again = await printed(command, environment());
  expect(storyIn(first).length).toBeGreaterThan(10);
  expect(storyIn(again)).toEqual(storyIn(first));
});

test('a schedule that was played is kept by nothing: a hundred thousand of them fit into memory', async () => {
  setFlagsFromString('--expose-gc');
  // safe: the flag makes it
  const collect = runInNewContext('gc') as () => void;
  const worlds: WeakRef<object>[] = [];
  await play({ seeds: seedsFrom(0, { count: 20 }), onPlayed: (world) => worlds.push(new WeakRef(world)) });
  await expect
    .poll(() => {
      collect();
      return worlds.filter((world) => world.deref() !== undefined).length;
    })
    .toBe(0);
});
