import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { callFinished, feedOf } from '../../../../test/suites/runs.ts';
import { someTask } from '../../../../test/fakes/task.ts';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { fold } from '../../../../shared/run/reduce.ts';
import { StoreError, type Store } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const child = fileURLToPath(new URL('../../../../test/suites/store-child.ts', import.meta.url));

const scratch = (): Disposable & { readonly folder: string; readonly file: string; readonly path: string } => {
  const path = mkdtempSync(join(tmpdir(), 'longhaul-store-'));
  const folder = join(path, 'store');
  return { path, folder, file: join(folder, 'longhaul.db'), [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
};

const seed = async (folder: string): Promise<void> => {
  await using store = await openSqliteStore({ folder });
  await store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null });
};

const change = (file: string, sql: string): void => {
  using db = new DatabaseSync(file);
  db.exec(sql);
};

const errorOf = async (work: Promise<unknown>): Promise<Partial<StoreError>> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { code: error.code, message: error.message, remedy: error.remedy };
  }
  return {};
};

const opening = (folder: string): Promise<Partial<StoreError>> =>
  errorOf(openSqliteStore({ folder }).then((store: Store) => store[Symbol.asyncDispose]()));

test('the folder and what is in it are for their owner alone', async () => {
  using at = scratch();
  mkdirSync(at.folder, { mode: 0o755 });
  await using store = await openSqliteStore({ folder: at.folder });
  await store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null });
  const rights = (name: string) => (statSync(join(at.folder, name)).mode & 0o777).toString(8);
  expect(['.', 'longhaul.db', 'longhaul.db-wal', 'longhaul.db-shm', 'lock.db', 'lock.pid'].map(rights)).toEqual([
    '700',
    '600',
    '600',
    '600',
    '600',
    '600',
  ]);
});

test.each([1, 40, 400])('what was answered is there after a SIGKILL at answer %i', async (count) => {
  using at = scratch();
  const killed = spawnSync(process.execPath, [child, 'append', at.folder, String(count)], { encoding: 'utf8' });
  expect({ signal: killed.signal, stderr: killed.stderr }).toEqual({ signal: 'SIGKILL', stderr: '' });
  const answered = killed.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): RunEvent => JSON.parse(line));
  expect(answered.length).toBeGreaterThanOrEqual(count);

  await using store = await openSqliteStore({ folder: at.folder });
  const stored = await feedOf(store, {}, { after: 0, limit: 100_000 });
  expect(stored.map((event) => event.position)).toEqual(stored.map((_, index) => index + 1));
  const byPosition = new Map(stored.map((event) => [event.position, event]));
  expect(answered.map((event) => byPosition.get(event.position))).toEqual(answered);
  for (const run of new Set(stored.map((event) => event.run)))
    expect(await store.state(run)).toEqual(fold(await store.events(run, 0, 100_000)));
});

test('two of them in one folder: the second is told who has it', async () => {
  using at = scratch();
  await using store = await openSqliteStore({ folder: at.folder });
  const expected = {
    code: 'locked',
    message: `Another Longhaul (process ${process.pid}) is at work in ${at.folder}.`,
    remedy: 'Use that one, or stop it first, or give this one another home (--home).',
  };
  expect(await opening(at.folder)).toEqual(expected);
  expect(spawnSync(process.execPath, [child, 'hold', at.folder], { encoding: 'utf8' }).stderr).toContain(
    expected.message,
  );
  expect(await store.position()).toBe(0);
});

test('a lock goes with the process that held it, however that ends', async () => {
  using at = scratch();
  const holder = spawn(process.execPath, [child, 'hold', at.folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const while_ = await opening(at.folder);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect([while_.message, await opening(at.folder)]).toEqual([
    `Another Longhaul (process ${holder.pid}) is at work in ${at.folder}.`,
    {},
  ]);
});

test('a database of a newer version is left as it is', async () => {
  using at = scratch();
  await seed(at.folder);
  change(at.file, "insert into migrations (name, at) values ('900-tomorrow', '2040-01-01T00:00:00.000Z')");
  const before = readFileSync(at.file);
  expect(await opening(at.folder)).toEqual({
    code: 'newer',
    message: 'The database was written by a newer Longhaul: it has 900-tomorrow.',
    remedy: 'Install that version or a later one, or use another home (--home). Nothing was changed.',
  });
  expect(readFileSync(at.file).equals(before)).toBe(true);
});

test.each([
  [
    'an event that this version does not know',
    `update events set body = '{"type":"coffee.brewed","v":1}' where seq = 2`,
  ],
  [
    'a version of an event that it does not know',
    `update events set body = replace(body, '"v":2', '"v":3') where seq = 2`,
  ],
])('%s says that the database is newer', async (_name, sql) => {
  using at = scratch();
  await seed(at.folder);
  change(at.file, sql);
  await using store = await openSqliteStore({ folder: at.folder });
  expect(await errorOf(store.events('run_aaaa', 0, 10))).toMatchObject({ code: 'newer' });
});

test('states that an older version wrote are folded again from the log', async () => {
  using at = scratch();
  await seed(at.folder);
  change(at.file, "update runs set state_version = 0, state = '{}', status = 'working', over = 1");
  await using store = await openSqliteStore({ folder: at.folder });
  const state = fold(await store.events('run_aaaa', 0, 10));
  expect([await store.state('run_aaaa'), (await store.counts(null))['queued']]).toEqual([state, 1]);
});

test('a file that is no database, or a damaged one, is said to be damaged', async () => {
  using at = scratch();
  mkdirSync(at.folder);
  writeFileSync(at.file, 'This is a letter to my aunt.\n'.repeat(500));
  expect(await opening(at.folder)).toMatchObject({ code: 'corrupt' });
  rmSync(at.folder, { recursive: true });
  await seed(at.folder);
  const bytes = readFileSync(at.file);
  writeFileSync(at.file, bytes.fill(0xff, 4096));
  expect(await opening(at.folder)).toMatchObject({ code: 'corrupt' });
});

test('a full database refuses what does not fit, keeps what was answered, and goes on when there is room', async () => {
  using at = scratch();
  const activation = await (async () => {
    await using store = await openSqliteStore({ folder: at.folder, maxPages: 80 });
    const { state } = await store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null });
    const queued = 'activation' in state ? state.activation : '';
    await store.command('run_aaaa', { kind: 'lease', activation: queued, worker: 'w' });
    let answered = 3;
    const fill = async (): Promise<void> => {
      for (;;) {
        const events = [callFinished('x'.repeat(10_000))];
        await store.command('run_aaaa', { kind: 'append', activation: queued, fence: 1, events });
        answered++;
      }
    };
    expect(await errorOf(fill())).toMatchObject({ code: 'full' });
    expect(await errorOf(fill())).toMatchObject({ code: 'full' });
    expect(answered).toBeGreaterThan(4);
    const events = await store.events('run_aaaa', 0, 1000);
    expect([events.length, await store.state('run_aaaa')]).toEqual([answered, fold(events)]);
    return queued;
  })();
  await using store = await openSqliteStore({ folder: at.folder });
  const events = [callFinished('there is room again')];
  expect(await store.command('run_aaaa', { kind: 'append', activation, fence: 1, events })).toMatchObject({
    outcome: 'done',
    repeated: false,
  });
});

test('a full disk refuses what does not fit, and the same store goes on when there is room', () => {
  using at = scratch();
  const disk = join(at.path, 'disk');
  mkdirSync(disk);
  const output = execFileSync(
    'bwrap',
    // A disk of 4 MB that is gone with the process.
    [
      '--dev-bind',
      '/',
      '/',
      '--size',
      '4194304',
      '--tmpfs',
      disk,
      process.execPath,
      child,
      'fill',
      join(disk, 'store'),
    ],
    { encoding: 'utf8' },
  );
  expect(JSON.parse(output)).toEqual({ whenFull: ['full', 'full'], readWhenFull: 3, afterwards: 'written', lost: 0 });
});

test('a folder that cannot be made is an error of the disk', async () => {
  using at = scratch();
  writeFileSync(at.folder, 'a file');
  expect(await opening(at.folder)).toMatchObject({ code: 'io' });
  expect(await opening(join(at.folder, 'below'))).toMatchObject({ code: 'io' });
});

test('a thread that cannot start is an error and not a wait for ever', async () => {
  using at = scratch();
  const thread = new URL('data:text/javascript,process.exit(3)');
  expect(await errorOf(openSqliteStore({ folder: at.folder, thread }))).toMatchObject({ code: 'io' });
  expect(await opening(at.folder)).toEqual({});
});

test('what is asked for before it is closed is still written; after that nothing is', async () => {
  using at = scratch();
  const store = await openSqliteStore({ folder: at.folder });
  const created = store.create({ run: 'run_aaaa', task: someTask(), dedupeKey: null });
  await store[Symbol.asyncDispose]();
  expect((await created).outcome).toBe('created');
  await expect(store.linkBlob('run_aaaa', { hash: 'a', bytes: 1, use: 'result' })).rejects.toThrow(
    'The store has been closed.',
  );
  await store[Symbol.asyncDispose]();
});

test('bundled, it finds its threads beside it', async () => {
  using at = scratch();
  const source = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  await build({
    entryPoints: {
      longhaul: source('./sqlite-store.ts'),
      'writer-thread': source('./writer-thread.ts'),
      'reader-thread': source('./reader-thread.ts'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: at.path,
    outExtension: { '.js': '.mjs' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  const program = `
    import { openSqliteStore } from './longhaul.mjs';
    await using store = await openSqliteStore({ folder: ${JSON.stringify(at.folder)} });
    console.log(await store.position(), await store.feedPage({ tenant: null, run: null }, 0, { rows: 1, bytes: 1 }));
  `;
  writeFileSync(join(at.path, 'main.mjs'), program);
  const output = execFileSync(process.execPath, [join(at.path, 'main.mjs')], { encoding: 'utf8' });
  expect(output).toBe('0 { events: [], more: false }\n');
});
