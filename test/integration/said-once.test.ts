import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../runner/cli/program/program.ts';
import { startRunner, type Runner } from './server-set-up.ts';

let runner: Runner;
beforeAll(async () => {
  runner = await startRunner();
});
afterAll(() => runner[Symbol.asyncDispose]());

/** What a command says, and its exit code; `answer` is typed where it asks. */
const cli = async (words: string | readonly string[], answer: string | null = null): Promise<string> => {
  let said = '';
  const write = (text: string | Uint8Array) => void (said += String(text));
  const code = await runCli(typeof words === 'string' ? words.split(' ') : words, {
    terminal: {
      out: write,
      note: write,
      outIsTty: false,
      interactive: true,
      columns: () => 80,
      rows: () => 24,
      keys: () => {
        throw new Error('nobody is at a terminal');
      },
      input: async () => '',
      ask: async () => answer,
    },
    env: { LONGHAUL_HOME: runner.folder, LONGHAUL_URL: runner.serving.url, LONGHAUL_TOKEN: runner.serving.token },
    cwd: runner.repo,
    version: '1.2.3',
    self: ['false'],
    interrupted: () => new AbortController().signal,
  });
  return `${code}: ${said.trim()}`;
};

const delegated = async (): Promise<number> => (await runner.delegate()).number;

test('what was paused already is said to be, and a run that is paused is resumed, not retried', async () => {
  const run = await delegated();
  expect(await cli(`resume ${run}`)).toMatch(new RegExp(`^1: .*Run ${run} is not paused: it is queued\\.`, 's'));
  expect(await cli(`pause ${run}`)).toBe(`0: Run ${run} is paused.`);
  expect(await cli(`pause ${run}`)).toMatch(new RegExp(`^0: Run ${run} is paused: \\S+ paused it already\\.$`));
  expect(await cli(`watch ${run}`)).toMatch(new RegExp(`^3: .*paused.*longhaul resume ${run}`, 's'));
  expect(await cli(`retry ${run}`)).toMatch(
    new RegExp(`^1: .*Run ${run} is paused: it has not failed, and was not cancelled\\..*longhaul resume ${run}`, 's'),
  );
  expect(await cli(`resume ${run}`)).toBe(`0: Run ${run} goes on.`);
  expect(await cli(`retry ${run}`)).toMatch(new RegExp(`^1: .*longhaul watch ${run}`, 's'));
});

test('what can be done with a run that is over is told the same by all that cannot be done', async () => {
  const run = await delegated();
  await cli(`cancel ${run}`);
  const over = new RegExp(
    `^1: .*Run ${run} is over: it is cancelled\\.\\s.*longhaul retry ${run}\\. Or delegate the task again\\.`,
    's',
  );
  for (const words of [`pause ${run}`, `cancel ${run}`, `message ${run} Hello`, `accept ${run}`])
    expect(await cli(words)).toMatch(over);
  expect(await cli(`resume ${run}`)).toMatch(new RegExp(`^1: .*longhaul retry ${run}`, 's'));
});

test('what is archived is marked in lists and on its page, and said to be so where it is archived twice', async () => {
  const run = await delegated();
  await cli(`cancel ${run}`);
  expect(await cli(`unarchive ${run}`)).toBe(`0: Run ${run} is not archived: lists show it.`);
  expect(await cli(`archive ${run}`)).toBe(`0: Run ${run} is archived: longhaul runs leaves it out.`);
  expect(await cli(`archive ${run}`)).toMatch(new RegExp(`^0: Run ${run} was archived already, by \\S+: `));
  expect(await cli('runs --archived')).toMatch(new RegExp(`\\n *${run} .*\\(archived\\) Say hello`));
  expect(await cli(`show ${run}`)).toMatch(new RegExp(`\\n  archived .*longhaul unarchive ${run}\\n`));
  expect(await cli(`unarchive ${run}`)).toBe(`0: Run ${run} is in lists again.`);
  expect(await cli('runs --archived')).not.toContain('(archived)');
});

test('whoever answers nothing deletes nothing, and what was deleted is not there any more', async () => {
  const { id, number: run } = await runner.delegate();
  await cli(`cancel ${run}`);
  await expect
    .poll(() =>
      runner.client.runs.deletion.query({ run: id }).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  expect(await cli(`delete ${run}`, null)).toMatch(/^1: .*Nothing was deleted\.$/s);
  expect(await cli(`delete ${run}`, String(run))).toMatch(new RegExp(`^0: .*Run ${run} is deleted\\.$`, 's'));
  expect(await cli(`delete ${run}`, String(run))).toMatch(
    new RegExp(`^1: .*There is no run ${run}: it was deleted, or never was\\.`, 's'),
  );
});

test('a run is called by its number, or as the person typed it', async () => {
  const { id, number } = await runner.delegate();
  for (const words of [`accept ${id}`, `diff ${id}`, `delete ${id}`]) {
    const said = await cli(words);
    expect(said).toMatch(new RegExp(`^1: .*Run ${number} `, 's'));
    expect(said).not.toContain(id);
  }
  expect(await cli('show zzzz')).toContain('There is no run zzzz.');
});

test('a path to leave out is taken from where one stands, and told with its whole place', async () => {
  const from = (folder: string, path: string) =>
    cli(['delegate', 'Greet', '--repo', folder, '--without', path, '--preview']);
  expect(await from('.', 'missing.txt')).toMatch(new RegExp(`^2: .*lies at "${runner.repo}/missing\\.txt"`, 's'));
  expect(await from('.', `${runner.repo}/missing.txt`)).toContain(`"${runner.repo}/missing.txt"`);
  expect(await from('.', '../missing.txt')).toMatch(/^2: .*--without \.\.\/missing\.txt is outside of the repository/s);
});
