import { readFile, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { calls, scripted } from '../fakes/openai/index.ts';
import { repositoryWith } from '../harness/repository.ts';
import { openFolder, Rig } from '../harness/rig.ts';

/** Who has to answer for what agents did, with the program that is built, and somebody who changes the database. */
const script = scripted([
  calls('write', { path: 'a.txt', content: 'Hello.\n' }),
  calls('finish', { summary: 'Said.', claims: [] }),
]);

let rig: Rig;
let repository: string;
let anchorFile: string;
beforeAll(async () => {
  anchorFile = path.join(await openFolder('longhaul-anchors-'), 'heads.jsonl');
  repository = await repositoryWith({ 'a.txt': 'a\n' });
  rig = await Rig.start({ script, config: { audit: { anchorFile } } });
});
afterAll(() => rig[Symbol.asyncDispose]());

const audit = (...args: string[]) => rig.cli(['audit', ...args], { cwd: path.dirname(anchorFile) });
/** What somebody does to the database while the runner is away. */
const tampered = async (change: (db: DatabaseSync) => void): Promise<void> => {
  await rig.kill('SIGTERM');
  const db = new DatabaseSync(path.join(rig.home, 'database', 'longhaul.db'));
  change(db);
  db.close();
  await rig.start();
};

test('what was done is listed, whole, and can be taken along; what somebody changes in the database is named', async () => {
  const { id, number } = await rig.delegate({ goal: 'Say hello, secretly', repository });
  await rig.settled(id, ({ status }) => status === 'reviewing');
  expect(await rig.cli(['accept', String(number)], { cwd: repository })).toMatchObject({ code: 0 });
  const listed = (await audit()).stdout;
  expect(listed).toMatch(/person:\S+ {2}run\.delegated {2}run 1, /);
  expect(listed).toMatch(/person:\S+ {2}review\.accepted {2}run 1, from person, result [0-9a-f]{64}, round 1/);
  expect(listed).toMatch(/longhaul {2}configuration\.changed {2}changed /);
  expect(listed).not.toContain('secretly');
  expect((await audit('--run', '1', '--action', 'review')).stdout.trim().split('\n')).toHaveLength(1);
  expect((await audit('--actor', 'person:nobody')).stdout).toContain('Nothing like that is on record.');
  expect(await audit('verify')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+ records of the tenant local: each is as it was written\./),
  });
  expect(await audit('export', '--output', 'audit.jsonl')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('records in'),
  });
  expect(await audit('export', '--output', 'audit.jsonl')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is there already'),
  });
  expect(await audit('verify', '--file', 'audit.jsonl')).toMatchObject({ code: 0 });

  // A token that nobody knows is on record, too.
  const answer = await fetch(`${rig.url}/trpc/runs.list`, { headers: { authorization: 'Bearer forged' } });
  expect(answer.status).toBe(401);
  await expect
    .poll(async () => (await audit('--action', 'access')).stdout)
    .toMatch(/nobody {2}access\.refused {2}from 127\.0\.0\.1/);

  const exported = (await readFile(path.join(path.dirname(anchorFile), 'audit.jsonl'), 'utf8')).trim().split('\n');
  const forged = exported.map((line) => line.replace('"from":"person"', '"from":"checks"')).join('\n');
  await writeFile(path.join(path.dirname(anchorFile), 'forged.jsonl'), forged);
  expect(await audit('verify', '--file', 'forged.jsonl')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^Record \d+ is not what it was when it was written/),
  });

  await tampered((db) =>
    db.exec(`update audit set text = replace(text, '"action":"review.accepted"', '"action":"review.rejected"')`),
  );
  expect(await audit('verify')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^Record \d+ is not what it was/),
  });
  await tampered((db) =>
    db.exec(`update audit set text = replace(text, '"action":"review.rejected"', '"action":"review.accepted"')`),
  );
  expect(await audit('verify')).toMatchObject({ code: 0 });

  // Whoever takes out the end, and knows where the end is said to be, is found by what was written down elsewhere.
  await tampered((db) => {
    db.exec('delete from audit where seq = (select max(seq) from audit)');
    db.exec('update audit_heads set (seq, hash) = (select seq, hash from audit order by seq desc limit 1)');
  });
  expect(await audit('verify')).toMatchObject({ code: 0 });
  expect(await audit('verify', '--anchor', anchorFile)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('anchored'),
  });
});

test('an option of another action is refused with a word', async () => {
  expect(await audit('verify', '--limit', '3')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('verify has no --limit'),
  });
});
