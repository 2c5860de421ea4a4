import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { Trouble } from '../../../shared/trouble.ts';
import { someTask } from '../../../test/fakes/task.ts';
import { loadConfig, type RunnerConfig } from '../../machine/config/config.ts';
import { endpointOf, recordEndpoint } from '../../machine/config/model-endpoint.ts';
import { prepareHome, secretsOf, type Home } from '../../machine/home/home.ts';
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { openRetention } from '../supervisor/retention.ts';
import { backUp } from './backup.ts';
import { holdRetention } from './hold.ts';
import { restore } from './restore.ts';

const config = async (): Promise<RunnerConfig> => {
  const loaded = await loadConfig({ flags: {}, env: { OPENAI_API_KEY: 'x', LONGHAUL_MODEL: 'm' }, file: '/nowhere' });
  if (loaded.outcome === 'invalid') throw new Error(loaded.problems.join());
  return loaded.config;
};

const putBlob = (home: Home, text: string): { readonly hash: string; readonly bytes: number } => {
  const hash = createHash('sha256').update(text).digest('hex');
  mkdirSync(join(home.blobs, hash.slice(0, 2)), { recursive: true });
  writeFileSync(join(home.blobs, hash.slice(0, 2), hash.slice(2)), text);
  return { hash, bytes: text.length };
};

/** A home with a run, a blob of it and a folder with all kinds of files. */
const someHome = async () => {
  const place = mkdtempSync(join(tmpdir(), 'longhaul-backup-'));
  chmodSync(place, 0o711);
  const { home } = await prepareHome(join(place, 'home'));
  await secretsOf(home);
  writeFileSync(home.config, 'limits: { workers: 3 }\n', { mode: 0o600 });
  await recordEndpoint(home, endpointOf({ api: 'chat', baseUrl: 'https://models.example.org/v1' }));
  await using store = await openSqliteStore({ folder: home.database });
  await store.create({ run: 'run_aaaaaaaaaaaaaaaa', task: someTask(), dedupeKey: null });
  const blob = putBlob(home, 'an output');
  await store.linkBlob('run_aaaaaaaaaaaaaaaa', { ...blob, use: 'result' });
  const tree = join(home.run('run_aaaaaaaaaaaaaaaa'), 'tree');
  mkdirSync(join(tree, 'empty'), { recursive: true });
  writeFileSync(join(tree, 'run.sh'), 'echo\n', { mode: 0o755 });
  symlinkSync('/etc', join(tree, 'link'));
  symlinkSync('nowhere', join(tree, 'dangling'));
  const run = { home, place, blob, to: join(place, 'copy'), back: join(place, 'back') };
  return { ...run, [Symbol.dispose]: () => rmSync(place, { recursive: true }) };
};

/** Every entry below a folder with its rights and what is in it. */
const contents = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (readdirSync(folder, { recursive: true, encoding: 'utf8' }) as readonly string[]).toSorted().map((path) => {
      const stat = lstatSync(join(folder, path));
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) return [path, `link ${readlinkSync(join(folder, path))}`];
      if (stat.isDirectory()) return [path, `folder ${mode} ${stat.uid}`];
      return [path, `${mode} ${stat.uid} ${readFileSync(join(folder, path), 'latin1')}`];
    }),
  );

const making = async (at: { readonly home: Home; readonly to: string }, to = at.to) =>
  backUp({ home: at.home.folder, config: await config(), version: '1', to, progress: () => {} });
const restoring = (at: { readonly to: string }, home: string) => restore({ from: at.to, home, progress: () => {} });

test('what was copied while a store is at work comes back as it was, in another place', async () => {
  using at = await someHome();
  await using store = await openSqliteStore({ folder: at.home.database });
  const made = await making(at);
  expect(made).toMatchObject({ store: 'sqlite', position: 2, missing: [], skipped: [] });
  // What is written after it is not in it.
  await store.create({ run: 'run_bbbbbbbbbbbbbbbb', task: someTask(), dedupeKey: null });
  await restoring(at, at.back);
  for (const name of ['blobs', 'runs'] as const) {
    const restored = { ...contents(join(at.back, name)) };
    // Whoever goes on with the run does not rely on its tree.
    delete restored['run_aaaaaaaaaaaaaaaa/visited'];
    const { incoming: _made, ...before } = contents(join(at.home.folder, name));
    expect(restored).toEqual(before);
  }
  // Without the endpoint, open runs would go on with whichever the next shell has.
  for (const name of ['token', 'secret', 'config.yaml', 'endpoint.json'])
    expect(readFileSync(join(at.back, name))).toEqual(readFileSync(join(at.home.folder, name)));
  await using again = await openSqliteStore({ folder: join(at.back, 'database') });
  expect(await again.state('run_aaaaaaaaaaaaaaaa')).toEqual(await store.state('run_aaaaaaaaaaaaaaaa'));
  expect(await again.position()).toBe(2);
});

test('a back-up in which anything was changed is refused whole, and names it', async () => {
  using at = await someHome();
  await making(at);
  const damages: readonly (readonly [string, () => void])[] = [
    ['tree/run.sh is not what was copied', () => writeFileSync(join(tree, 'run.sh'), 'evil\n')],
    ['tree/run.sh is not there', () => rmSync(join(tree, 'run.sh'))],
    ['manifest of the back-up', () => writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('/etc', '/usr'))],
    ['cut off', () => rmSync(manifest)],
  ];
  const tree = join(at.to, 'home', 'runs', 'run_aaaaaaaaaaaaaaaa', 'tree');
  const manifest = join(at.to, 'manifest.jsonl');
  for (const [message, damage] of damages) {
    damage();
    await expect(restoring(at, at.back)).rejects.toMatchObject({ message: expect.stringContaining(message) });
    expect(existsSync(at.back)).toBe(false);
  }
});

test('a manifest that leads out of the home is refused', async () => {
  using at = await someHome();
  await making(at);
  const manifest = join(at.to, 'manifest.jsonl');
  const [header = '', ...rest] = readFileSync(manifest, 'utf8').trimEnd().split('\n');
  for (const path of ['../out', 'runs/../../out', '/etc/out', 'runs//x', 'bin/x']) {
    const entry = JSON.stringify({ kind: 'link', path, uid: 0, gid: 0, target: '/' });
    const body = `${[header, entry, ...rest.slice(0, -1)].join('\n')}\n`;
    const sha256 = createHash('sha256').update(body).digest('hex');
    writeFileSync(manifest, `${body}${JSON.stringify({ entries: rest.length, sha256 })}\n`);
    await expect(restoring(at, at.back)).rejects.toBeInstanceOf(Trouble);
  }
  expect(existsSync(at.back)).toBe(false);
});

test('neither is put where something is already', async () => {
  using at = await someHome();
  await making(at);
  await expect(making(at)).rejects.toMatchObject({ message: `${at.to} is not empty.` });
  await expect(making(at, join(at.home.runs, 'x'))).rejects.toMatchObject({ message: /lies in the home itself/ });
  await expect(restoring(at, at.home.folder)).rejects.toMatchObject({ message: /is not empty: it has/ });
});

test('a restoration that was cut off is begun again', async () => {
  using at = await someHome();
  await making(at);
  mkdirSync(join(at.back, '.restoring', 'runs'), { recursive: true });
  writeFileSync(join(at.back, '.restoring', 'runs', 'half'), '');
  await restoring(at, at.back);
  expect(readdirSync(at.back).toSorted()).toEqual([
    'blobs',
    'config.yaml',
    'database',
    'endpoint.json',
    'runs',
    'secret',
    'token',
  ]);
});

test('a blob that the log names and that is gone, or is another, is said', async () => {
  using at = await someHome();
  writeFileSync(join(at.home.blobs, at.blob.hash.slice(0, 2), at.blob.hash.slice(2)), 'something else');
  expect((await making(at)).missing).toEqual([`${at.blob.hash} (of run run_aaaaaaaaaaaaaaaa)`]);
});

test('nothing is removed from a home while it is copied', async () => {
  using at = await someHome();
  await using store = await openSqliteStore({ folder: at.home.database });
  await store.command('run_aaaaaaaaaaaaaaaa', { kind: 'cancel', by: 'person:x', reason: 'not needed' });
  const retention = await openRetention({
    store,
    blobs: { remove: async () => {} },
    home: at.home,
    role: { held: true, fence: null },
    sourceDays: 30,
    treeDays: 0,
    shared: false,
    log: pino({ level: 'silent' }),
  });
  const tree = join(at.home.run('run_aaaaaaaaaaaaaaaa'), 'tree');
  const now = Date.now();
  const { signal } = new AbortController();
  await (async () => {
    await using _held = await holdRetention(at.home.folder);
    expect(await retention.pass(now, signal)).toBe(now + 2_000);
    expect(existsSync(tree)).toBe(true);
  })();
  // Of a copy whose process is gone nobody waits for the end.
  writeFileSync(join(at.home.folder, 'backup.1.json'), JSON.stringify({ pid: 1, startTime: -1 }));
  await retention.pass(now, signal);
  expect(existsSync(tree)).toBe(false);
});
