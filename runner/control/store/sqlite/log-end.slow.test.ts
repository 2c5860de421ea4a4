import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../../../shared/run/events.ts';
import { someTask } from '../../../../test/fakes/task.ts';
import { feedOf } from '../../../../test/suites/runs.ts';
import { StoreError } from '../store.ts';
import { openSqliteStore } from './sqlite-store.ts';

const child = fileURLToPath(new URL('../../../../test/suites/store-child.ts', import.meta.url));

/** A store whose process was killed after so many answers; `answered` are the events that it had said were written. */
const killed = (count: number) => {
  const path = mkdtempSync(join(tmpdir(), 'longhaul-end-'));
  const folder = join(path, 'store');
  const { stdout } = spawnSync(process.execPath, [child, 'append', folder, String(count)], { encoding: 'utf8' });
  const answered = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): RunEvent => JSON.parse(line));
  const file = (name: string) => join(folder, name);
  return { folder, file, answered, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
};

const opening = async (folder: string) => {
  try {
    await using store = await openSqliteStore({ folder });
    return await store.position();
  } catch (error) {
    if (error instanceof StoreError) return { code: error.code, message: error.message, remedy: error.remedy };
    throw error;
  }
};

/** Turns over every bit of some bytes in the middle: what is there may be zeros, which zeros would leave as they are. */
const damage = (file: string): void => {
  const content = readFileSync(file);
  const middle = Math.floor(content.length / 2);
  for (let at = middle; at < middle + 100; at += 1) content[at] = (content[at] ?? 0) ^ 0xff;
  writeFileSync(file, content);
};

test.each([
  ['the middle of its log is gone', damage],
  ['the second half of its log is gone', (file: string) => truncateSync(file, readFileSync(file).length / 2)],
  ['its log is gone', (file: string) => rmSync(file)],
])('a database that was killed is not opened where %s: it says what is missing', async (_name, lose) => {
  using at = killed(40);
  const last = Math.max(...at.answered.map(({ position }) => position));
  lose(at.file('longhaul.db-wal'));
  const said = await opening(at.folder);
  expect(said).toMatchObject({
    code: 'corrupt',
    message: expect.stringMatching(/^The database has lost its last \d+ events: it ends at position \d+, /),
    remedy: expect.stringMatching(/longhaul restore.*longhaul serve --accept-loss$/),
  });
  const [, lost, position, end] = /its last (\d+) .*position (\d+), .* went on to (\d+) /.exec(JSON.stringify(said))!;
  expect(Number(lost)).toBe(Number(end) - Number(position));
  // Whatever was answered for was there.
  expect(Number(end)).toBeGreaterThanOrEqual(last);
  // It is not a thing of the first look only.
  expect(await opening(at.folder)).toEqual(said);
});

test('a loss that was accepted is on record, and what was lost shares its positions with nothing that comes later', async () => {
  using at = killed(40);
  const last = Math.max(...at.answered.map(({ position }) => position));
  rmSync(at.file('longhaul.db-wal'));
  await (await openSqliteStore({ folder: at.folder, acceptLoss: true }))[Symbol.asyncDispose]();
  // Accepted once; and nothing has been written since.
  await using store = await openSqliteStore({ folder: at.folder });
  const kept = await store.position();
  const { events } = await store.create({ run: 'run_later', task: someTask(), dedupeKey: null });
  expect(events.map(({ position }) => position > last)).toEqual([true, true]);
  expect(await feedOf(store, {}, { after: kept, limit: 10 })).toEqual(events);
  // safe: the store wrote it
  const losses = JSON.parse(readFileSync(at.file('losses.json'), 'utf8')) as readonly object[];
  expect(losses).toMatchObject([{ after: kept, end: { position: Number(events[0]?.position) - 1 } }]);
  await store[Symbol.asyncDispose]();
  expect(await opening(at.folder)).toBe(events.at(-1)?.position);
});

test('a database that was killed and has all of its log is opened as ever', async () => {
  using at = killed(40);
  const last = Math.max(...at.answered.map(({ position }) => position));
  expect(await opening(at.folder)).toBeGreaterThanOrEqual(last);
});

test('an older copy of the database, put in its place, is noticed', async () => {
  using at = killed(5);
  await opening(at.folder);
  copyFileSync(at.file('longhaul.db'), at.file('copy'));
  await using store = await openSqliteStore({ folder: at.folder });
  await store.create({ run: 'run_later', task: someTask(), dedupeKey: null });
  await store[Symbol.asyncDispose]();
  copyFileSync(at.file('copy'), at.file('longhaul.db'));
  expect(await opening(at.folder)).toMatchObject({ code: 'corrupt', message: expect.stringContaining('2 events') });
});

test('a mark that is damaged is said to be; without one, as in a home of an earlier version, it is made', async () => {
  using at = killed(5);
  const position = await opening(at.folder);
  damage(at.file('log.end'));
  expect(await opening(at.folder)).toMatchObject({ code: 'corrupt', message: expect.stringContaining('log.end') });
  await (await openSqliteStore({ folder: at.folder, acceptLoss: true }))[Symbol.asyncDispose]();
  expect(await opening(at.folder)).toBe(position);
  rmSync(at.file('log.end'));
  expect(await opening(at.folder)).toBe(position);
  expect(readFileSync(at.file('log.end'), 'latin1')).toContain(`"position":${JSON.stringify(position)}`);
});
