import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { calls, says, type Asked, type Reply, type Script } from '../fakes/openai/index.ts';
import { kindsOfRepository, ofSomebodyElse, type Prepared } from '../harness/kinds-of-repository.ts';
import { projectRoot, Rig } from '../harness/rig.ts';

/** By the goal that a run has. */
const turns = new Map<string, Reply>();
const callsOf = ({ entries }: Asked) =>
  entries.flatMap(({ by, call }) => (by === 'call' && call !== null ? [call] : []));

const script: Script = (asked) => {
  const made = callsOf(asked);
  if (made.length > 0) return calls('finish', { summary: 'Done.', claims: [{ text: 'Changed', calls: made }] });
  const goal = [...turns.keys()].find((name) => asked.entries[0]?.text.includes(`Try ${name}.`));
  return turns.get(goal ?? '') ?? says('What?');
};

let rig: Rig;
beforeAll(async () => {
  // Whom git trusts is the person's to say, here as the test has it.
  rig = await Rig.start({ script, env: { GIT_CONFIG_NOSYSTEM: '1' } });
});
afterAll(() => rig[Symbol.asyncDispose]());

/** From delegation to the files as they are after the result was applied. */
const through = async (name: string, { from, turn, verify, applied }: Prepared) => {
  turns.set(name, turn);
  const cli = (...args: readonly string[]) => rig.cli([...args], { cwd: from });
  const delegated = await cli('delegate', `Try ${name}.`, '--verify', verify, '--json');
  if (delegated.code !== 0) return { refused: delegated.stderr + delegated.stdout, notes: [] };
  // safe: what the help says
  const { id } = (JSON.parse(delegated.stdout) as { readonly run: { readonly id: string } }).run;
  const state = await rig.settled(id, ({ status }) => ['reviewing', 'waiting', 'failed', 'completed'].includes(status));
  const verified = state.verification.map(({ outcome, exitCode }) => `${outcome} ${exitCode}`);
  const accepted = await cli('accept', id);
  const application = await cli('apply', id);
  const files = await Promise.all(
    Object.keys(applied).map(async (file) => [file, await readFile(path.join(from, file))] as const),
  );
  return {
    status: state.status,
    verified,
    notes: state.task.source.notes ?? [],
    codes: [accepted.code, application.code],
    said: application.code === 0 ? '' : application.stderr,
    files: Object.fromEntries(files),
  };
};

const wanted = ({ applied }: Prepared) =>
  Object.fromEntries(Object.entries(applied).map(([file, content]) => [file, Buffer.from(content)]));

test.each(kindsOfRepository)('$name: delegated, changed, verified and applied', async ({ name, note, prepare }) => {
  const prepared = await prepare();
  const { notes, ...rest } = await through(name, prepared);
  expect(note === null ? notes : notes?.filter((said) => note.test(said)).length).toEqual(note === null ? [] : 1);
  expect(rest).toEqual({
    status: 'reviewing',
    verified: ['exited 0'],
    codes: [0, 0],
    said: '',
    files: wanted(prepared),
  });
});

test.runIf(process.getuid?.() === 0)(
  'files of another account: refused, until git is told that they are trusted',
  async () => {
    const prepared = await ofSomebodyElse();
    const name = 'files of another account';
    const first = await through(name, prepared);
    expect(first).toMatchObject({ refused: expect.stringContaining('git config --global --add safe.directory') });
    await writeFile(path.join(rig.folder, '.gitconfig'), `[safe]\n\tdirectory = ${prepared.from}\n`);
    expect(await through(name, prepared)).toMatchObject({
      status: 'reviewing',
      codes: [0, 0],
      files: wanted(prepared),
    });
  },
);

test('docs/using.md has this table', async () => {
  const text = (await readFile(path.join(projectRoot, 'docs/using.md'), 'utf8')).replace(/ +/g, ' ');
  const rows = kindsOfRepository.map(({ name, doc }) => `| ${name} | ${doc} |`);
  expect(rows.filter((row) => !text.includes(row))).toEqual([]);
});
