import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConnectionError } from '../problem/connection-error.ts';
import { findRunner } from './home.ts';
import { startRunner } from './start.ts';

/** What a runner does as far as the one who starts it can tell: a lock, a line on the descriptor, a file, an answer. */
const program = `
import { createServer } from 'node:http';
import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
const home = process.argv[3];
if (process.argv.slice(4).join(' ') !== 'serve --on-demand') process.exit(9);
const say = (message) => writeSync(Number(process.env.LONGHAUL_READY_FD), JSON.stringify(message) + '\\n');
if (process.env.DOES === 'dies') { console.error('no such luck'); process.exit(7); }
if (process.env.DOES === 'refuses') { say({ outcome: 'refused', code: 'disk', message: 'The disk is full.', remedy: 'Free some.' }); process.exit(1); }
try { mkdirSync(home + '/lock'); } catch { say({ outcome: 'refused', code: 'locked', message: 'Locked.', remedy: '' }); process.exit(1); }
const server = createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', () => {
  const url = 'http://127.0.0.1:' + server.address().port;
  writeFileSync(home + '/token', 'secret\\n');
  writeFileSync(home + '/runner.json', JSON.stringify({ pid: process.pid, url }));
  say({ outcome: 'ready', url });
});
`;

const someHome = async (does: string) => {
  const home = await mkdtemp(join(tmpdir(), 'longhaul-start-'));
  const cli = join(home, 'cli.mjs');
  await writeFile(cli, program);
  const pid = async (): Promise<number> => JSON.parse(await readFile(join(home, 'runner.json'), 'utf8')).pid;
  return {
    home,
    pid,
    start: () => startRunner({ home, node: process.execPath, cli, env: { ...process.env, DOES: does } }),
    [Symbol.asyncDispose]: async () => {
      await pid().then(
        (id) => process.kill(id, 'SIGKILL'),
        () => undefined,
      );
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

test('two windows at once end with the same runner, and a third finds it', async () => {
  await using place = await someHome('serves');
  const [first, second] = await Promise.all([place.start(), place.start()]);
  expect(first).toEqual({ url: expect.stringMatching(/^http:/), token: 'secret' });
  expect(second).toEqual(first);
  expect(await place.start()).toEqual(first);
});

test('a killed runner is not found, and another one is started', async () => {
  await using place = await someHome('serves');
  await place.start();
  const killed = await place.pid();
  process.kill(killed, 'SIGKILL');
  await rm(join(place.home, 'lock'), { recursive: true });
  await expect.poll(() => findRunner(place.home)).toBeNull();
  await place.start();
  expect(await place.pid()).not.toBe(killed);
});

test.each([
  ['dies', 'The runner ended at once, with exit code 7. The end of its log:\nno such luck'],
  ['refuses', 'The disk is full.'],
])('a runner that %s says why', async (does, message) => {
  await using place = await someHome(does);
  await expect(place.start()).rejects.toSatisfy(
    (error) => error instanceof ConnectionError && error.trouble === 'refused' && error.message === message,
  );
});
