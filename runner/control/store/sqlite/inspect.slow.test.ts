import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { someTask } from '../../../../test/fakes/task.ts';
import { inspectSqlite } from './inspect.ts';
import { openSqliteStore } from './sqlite-store.ts';

const scratch = async () => {
  const path = mkdtempSync(join(tmpdir(), 'longhaul-inspect-'));
  const folder = join(path, 'store');
  await using store = await openSqliteStore({ folder });
  for (let run = 0; run < 40; run += 1)
    await store.create({ run: `run_${run}`, task: someTask({ goal: 'x'.repeat(5_000) }), dedupeKey: null });
  return { folder, file: join(folder, 'longhaul.db'), [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
};

const change = (file: string, sql: string): void => {
  using database = new DatabaseSync(file);
  database.exec(sql);
};

test('a database that is whole is sound, and looking at it changes nothing', async () => {
  using at = await scratch();
  const before = readFileSync(at.file);
  expect(inspectSqlite(at.folder, { held: false })).toEqual({
    outcome: 'sound',
    file: at.file,
    events: 80,
    losses: [],
  });
  expect(readFileSync(at.file).equals(before)).toBe(true);
  expect(inspectSqlite(join(at.folder, 'none'), { held: false })).toEqual({ outcome: 'none' });
});

test('a runner may be at work on it', async () => {
  using at = await scratch();
  await using store = await openSqliteStore({ folder: at.folder });
  await store.create({ run: 'run_more', task: someTask(), dedupeKey: null });
  expect(inspectSqlite(at.folder, { held: true })).toMatchObject({ outcome: 'sound', events: 82 });
});

/** Pages that SQLite opens a database without. */
const inTheMiddle = (file: string): void => {
  const content = readFileSync(file);
  const at = Math.floor(content.length / 2 / 4096) * 4096;
  writeFileSync(file, content.fill(0xff, at, at + 2 * 4096));
};

test.each<readonly [string, string, (file: string) => void]>([
  ['a letter', 'not a database', (file) => writeFileSync(file, 'This is a letter to my aunt.\n'.repeat(500))],
  ['three bytes', 'not a database', (file) => truncateSync(file, 3)],
  ['another program’s database', 'not a database', (file) => (rmSync(file), change(file, 'create table a (b)'))],
  ['its first half', 'truncated', (file) => truncateSync(file, readFileSync(file).length / 2)],
  ['pages in its middle that are garbage', 'malformed', inTheMiddle],
  ['a table that is gone', 'malformed', (file) => change(file, 'drop table decisions')],
  ['a run that lacks an event', 'log broken', (file) => change(file, `delete from events where position = 7`)],
  ['a run whose last events are gone', 'log broken', (file) => change(file, `delete from events where position = 8`)],
  ['a newer version’s', 'newer', (file) => change(file, `insert into migrations values ('900-tomorrow', '')`)],
  ['an end that is gone', 'end missing', (file) => change(file, endOfLog)],
  ['nothing, though there was a log', 'end missing', (file) => rmSync(file)],
])('of %s it says that it is: %s', async (_name, kind, damage) => {
  using at = await scratch();
  damage(at.file);
  const said = inspectSqlite(at.folder, { held: false });
  // SQLite may find more that comes of the same.
  const found = { kind, message: expect.stringMatching(/./), remedy: expect.stringMatching(/./) };
  expect(said).toMatchObject({ outcome: 'damaged', damage: expect.arrayContaining([found]) });
});

const endOfLog = `pragma foreign_keys = off; delete from decisions; delete from events where run = 'run_39'; delete from runs where id = 'run_39'`;

test('of one that this user may not read it says so', async () => {
  using at = await scratch();
  chmodSync(join(at.folder, '..'), 0o755);
  chmodSync(at.folder, 0o777);
  chmodSync(at.file, 0o000);
  const program = `
    import { inspectSqlite } from ${JSON.stringify(new URL('./inspect.ts', import.meta.url).href)};
    console.log(JSON.stringify(inspectSqlite(${JSON.stringify(at.folder)}, { held: false })));`;
  // Root may read everything.
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    ...user,
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toMatchObject({ outcome: 'damaged', damage: [{ kind: 'denied' }] });
});
