import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkAncestors, homeFolder, prepareHome, secretsOf } from './home.ts';

const root = process.getuid?.() === 0;

const temporary = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'home-'));
  await chmod(folder, 0o711);
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};

test('the flag names the home, then the variable, then who runs it', () => {
  expect(homeFolder({ LONGHAUL_HOME: '/b' }, '/a')).toBe('/a');
  expect(homeFolder({ LONGHAUL_HOME: '/b' })).toBe('/b');
  expect(homeFolder({ XDG_DATA_HOME: '/data' })).toBe(root ? '/var/lib/longhaul' : '/data/longhaul');
});

test('secrets are for the owner alone, and stay the same', async () => {
  await using place = await temporary();
  const prepare = async () => {
    const prepared = await prepareHome(join(place.folder, 'home'));
    return { ...prepared, ...(await secretsOf(prepared.home)) };
  };
  const first = await prepare();
  await chmod(first.home.token, 0o644);
  const second = await prepare();
  const { home: _first, ...kept } = first;
  const { home: _second, ...found } = second;
  expect(found).toEqual(kept);
  const modes = await Promise.all(
    ['folder', 'runs', 'database', 'blobs', 'logs', 'token', 'secret', 'plane'].map(async (name) => {
      // safe: those are all paths
      const { mode } = await stat(first.home[name as 'folder']);
      return [name, (mode & 0o777).toString(8)];
    }),
  );
  const entered = root ? '711' : '700';
  expect(Object.fromEntries(modes)).toEqual({
    folder: entered,
    runs: entered,
    database: '700',
    blobs: '700',
    logs: '700',
    token: '600',
    secret: '600',
    plane: '600',
  });
  expect((await readFile(first.home.token, 'utf8')).trim()).toBe(first.token);
});

test('a home that the users of sandboxes could not reach is refused', async () => {
  await using place = await temporary();
  const closed = join(place.folder, 'closed');
  await mkdir(closed, { mode: 0o700 });
  await expect(checkAncestors(join(closed, 'home'))).rejects.toMatchObject({
    name: 'Trouble',
    remedy: expect.stringContaining(`chmod o+x ${closed}`),
  });
});

test('a home that is a file is refused with what to do', async () => {
  await using place = await temporary();
  await writeFile(join(place.folder, 'file'), '');
  await expect(prepareHome(join(place.folder, 'file'))).rejects.toMatchObject({
    name: 'Trouble',
    remedy: expect.stringContaining('--home'),
  });
});
