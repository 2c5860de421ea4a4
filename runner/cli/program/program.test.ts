import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from './program.ts';

/** The command line with everything but its screen: what it wrote, and its exit code. */
const run = async (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const home = await mkdtemp(join(tmpdir(), 'cli-'));
  let stdout = '';
  let stderr = '';
  const terminal = {
    out: (text: string | Uint8Array) => void (stdout += String(text)),
    note: (text: string) => void (stderr += text),
    outIsTty: false,
    interactive: false,
    columns: () => 80,
    rows: () => 24,
    keys: () => {
      throw new Error('nobody is at a terminal');
    },
    input: async () => '',
    ask: async () => null,
  };
  try {
    const exitCode = await runCli(argv, {
      terminal,
      env: { LONGHAUL_HOME: home, ...env },
      cwd: home,
      version: '1.2.3',
      self: ['false'],
      interrupted: () => new AbortController().signal,
    });
    return { exitCode, stdout, stderr };
  } finally {
    await rm(home, { recursive: true });
  }
};

test('the version is all that --version prints', async () => {
  expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
});

const commands =
  'delegate recipes runs show watch message cancel decisions approve reject answer diff apply accept discard serve stop doctor'.split(
    ' ',
  );

test('the overview lists every command', async () => {
  const { stdout } = await run(['--help']);
  expect(commands.filter((name) => !stdout.includes(`\n  ${name} `))).toEqual([]);
});

test.each(commands)('the help of %s has examples, exit codes and what its JSON holds', async (name) => {
  const help = await run(['help', name]);
  expect(await run([name, '--help'])).toEqual(help);
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  const parts = ['Usage: longhaul ', 'Examples:\n  ', 'With --json:\n  ', 'Exit codes:\n  0 '];
  expect(parts.filter((part) => !help.stdout.includes(part))).toEqual([]);
  expect(help.stdout.split('\n').filter((line) => /\s$/.test(line))).toEqual([]);
});

test.each([
  [['frobnicate'], "unknown command 'frobnicate'"],
  [
    ['runs', '--limit', '0'],
    "option '--limit <count>' argument '0' is invalid. Expected a whole number from 1 to 500.",
  ],
  [['runs', '--status', 'odd'], "option '--status <status>' argument 'odd' is invalid."],
  [['accept'], "missing required argument 'run'"],
  [['runs', '--frob'], "unknown option '--frob'"],
  [['show', '1', '2'], 'too many arguments'],
  [['delegate'], 'What shall the agent do?'],
  [['delegate', 'x', '--budget', 'usd=-1'], '--budget: usd=-1: expected a number above 0, or none.'],
  [['delegate', 'x', '--network', 'example.org'], '--network is for setup commands, and there is none.'],
  [['delegate', 'x', '--policy', 'none.yaml'], 'none.yaml cannot be read:'],
  [['delegate', 'x', '--file', 'y'], 'The goal is given twice: as words and as a file.'],
  [['delegate', '-'], 'goal: expected a goal: what shall the agent do?'],
  [['discard', '1', '--reason', 'a', '--changes', 'b'], 'It is either rejected or changed.'],
  [['apply', '1', '--undo', '--dry-run'], '--branch, --dry-run and --undo exclude one another.'],
  [['runs', '--url', 'nowhere'], '"nowhere" is no address of a runner.'],
  [['runs', '--url', 'http://127.0.0.1:1'], 'A token is needed for the runner at http://127.0.0.1:1.'],
])('%j is wrong usage, and said so on stderr, and with --json on stdout, too', async (argv, message) => {
  const said = await run(argv);
  expect(said).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(`longhaul: ${message}`) });
  const json = await run([...argv, '--json']);
  expect(json.exitCode).toBe(2);
  expect(JSON.parse(json.stdout)).toEqual({
    error: { code: 'usage', message: expect.stringContaining(message), remedy: expect.any(String) },
  });
});

test('a home where nothing was delegated is no error for lists, and starts nothing', async () => {
  expect(await run(['runs', '--json'])).toEqual({ exitCode: 0, stdout: '{"runs":[],"next":null}\n', stderr: '' });
  expect(await run(['decisions', '--json'])).toEqual({ exitCode: 0, stdout: '{"decisions":[]}\n', stderr: '' });
  expect(await run(['stop', '--json'])).toEqual({ exitCode: 0, stdout: '{"stopped":false,"pid":null}\n', stderr: '' });
  expect(await run(['runs'])).toMatchObject({ stdout: expect.stringContaining('longhaul delegate "') });
  expect(await run(['show', '3'])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringContaining('Nothing was ever delegated'),
  });
});

test('a runner that is not there is said to be not there', async () => {
  const env = { LONGHAUL_URL: 'http://127.0.0.1:1', LONGHAUL_TOKEN: 't' };
  const { exitCode, stdout } = await run(['runs', '--json'], env);
  expect({ exitCode, answer: JSON.parse(stdout) }).toEqual({
    exitCode: 1,
    answer: {
      error: {
        code: 'unreachable',
        message: expect.stringContaining('No runner answers'),
        remedy: expect.stringContaining('longhaul serve'),
      },
    },
  });
});

test('a runner that cannot be started is said to be so', async () => {
  expect(await run(['delegate', 'mend it'])).toMatchObject({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringContaining('longhaul: The runner ended at once, with exit code 1.'),
  });
});
