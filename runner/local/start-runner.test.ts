import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findRunner } from './find-runner.ts';
import { startRunner } from './start-runner.ts';

/**
 * A program that starts as a runner does: takes a lock, listens, writes its file, says that it is ready. Its home is
 * its third argument. What it does instead is in the file `mood` there.
 */
const program = `
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const home = process.argv[3];
const tell = (message) => appendFileSync(3, JSON.stringify(message) + '\\n');
const mood = readFileSync(home + '/mood', 'utf8');
appendFileSync(home + '/starts', process.argv.slice(4).join(' ') + '\\n');
if (mood === 'dies') {
  console.error('no such luck');
  process.exit(7);
}
if (mood === 'refuses') {
  tell({ outcome: 'refused', code: 'failed', message: 'The disk is full.', remedy: 'Free some.' });
  process.exit(1);
}
try {
  mkdirSync(home + '/lock');
} catch {
  tell({ outcome: 'refused', code: 'locked', message: 'Another is there.', remedy: '' });
  process.exit(1);
}
const server = createServer((_, response) => mood === 'silent' || response.end('ok')).listen(0, '127.0.0.1', () => {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const startTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  writeFileSync(home + '/token', 't0');
  const url = 'http://127.0.0.1:' + server.address().port;
  writeFileSync(home + '/runner.json', JSON.stringify({ pid: process.pid, startTime, url, version: '0', startedAt: '' }));
  tell({ outcome: 'ready', url });
});
`;

const someHome = async (mood: 'serves' | 'dies' | 'refuses' | 'silent') => {
  const home = await mkdtemp(join(tmpdir(), 'start-'));
  await writeFile(join(home, 'mood'), mood);
  const file = join(home, 'program.mjs');
  await writeFile(file, program);
  return {
    home,
    start: (flags: readonly string[] = [], withinMs = 30_000, onSilence: (pid: number) => void = () => {}) =>
      startRunner({ home, command: [process.execPath, file], env: process.env, flags, withinMs, onSilence }),
    [Symbol.asyncDispose]: async () => {
      const found = await findRunner(home);
      if (found.outcome === 'running' || found.outcome === 'silent') process.kill(found.file.pid, 'SIGKILL');
      await rm(home, { recursive: true });
    },
  };
};

test('two commands at once end with one runner, and a third finds it', async () => {
  await using place = await someHome('serves');
  const [first, second] = await Promise.all([place.start(), place.start()]);
  const third = await place.start();
  const found = await findRunner(place.home);
  if (found.outcome !== 'running') throw new Error(found.outcome);
  expect([first, second, third].map((started) => started.outcome === 'running' && started.runner)).toEqual([
    found,
    found,
    found,
  ]);
  const began = [first, second].map((started) => started.outcome === 'running' && started.began);
  expect(began.filter(Boolean)).toHaveLength(1);
  expect(third).toMatchObject({ began: false });
});

test('a killed runner is found dead, and started again', async () => {
  await using place = await someHome('serves');
  const first = await place.start();
  if (first.outcome !== 'running') throw new Error(first.message);
  process.kill(first.runner.file.pid, 'SIGKILL');
  await rm(join(place.home, 'lock'), { recursive: true });
  await expect.poll(() => findRunner(place.home)).toMatchObject({ outcome: 'dead' });
  const second = await place.start();
  expect(second).toMatchObject({ outcome: 'running', began: true });
  expect(second.outcome === 'running' && second.runner.file.pid).not.toBe(first.runner.file.pid);
});

test('a runner that dies at once leaves the end of its log as the reason', async () => {
  await using place = await someHome('dies');
  expect(await place.start()).toEqual({
    outcome: 'failed',
    message: 'The runner ended at once, with exit code 7. The end of its log:\nno such luck',
    remedy: expect.stringContaining(join(place.home, 'logs', 'runner.log')),
  });
});

test('a runner that refuses to start says why in its own words', async () => {
  await using place = await someHome('refuses');
  expect(await place.start()).toEqual({ outcome: 'failed', message: 'The disk is full.', remedy: 'Free some.' });
});

test('its flags come with it', async () => {
  await using place = await someHome('serves');
  await place.start(['--port', '0']);
  expect(await readFile(join(place.home, 'starts'), 'utf8')).toBe('serve --port 0\n');
});

test('a runner that somebody stopped is named at once, with how it goes on', async () => {
  await using place = await someHome('serves');
  const first = await place.start();
  if (first.outcome !== 'running') throw new Error(first.message);
  const { pid } = first.runner.file;
  process.kill(pid, 'SIGSTOP');
  expect(await place.start()).toEqual({
    outcome: 'failed',
    message: `The runner of this home (process ${pid}) is stopped: it stands still until somebody lets it go on.`,
    remedy: expect.stringContaining(`kill -CONT ${pid}`),
  });
  process.kill(pid, 'SIGCONT');
  expect(await place.start()).toMatchObject({ outcome: 'running', began: false, runner: { file: { pid } } });
});

test('of a runner that is there and does not answer it is said whom it waits for, and in the end how to end it', async () => {
  await using place = await someHome('silent');
  await place.start([], 1_500);
  const waited: number[] = [];
  const found = await findRunner(place.home);
  const pid = found.outcome === 'silent' ? found.file.pid : 0;
  expect(await place.start([], 2_500, (of) => waited.push(of))).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining(`(process ${pid}) does not answer. End it with: kill -9 ${pid}.`),
  });
  expect(waited).toEqual([pid]);
});

test('a runner that it started and that does not answer is not called another one', async () => {
  await using place = await someHome('silent');
  expect(await place.start([], 3_000)).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('The runner has started and does not answer.'),
  });
  expect(await readFile(join(place.home, 'starts'), 'utf8')).toBe('serve\n');
});
