import { expect, test } from 'vitest';
import { Trouble } from '../../../shared/trouble.ts';
import { report } from './report.ts';

const told = async (error: unknown) => {
  const said = { out: '', note: '' };
  const exitCode = await report(error, {
    terminal: {
      out: (text) => void (said.out += String(text)),
      note: (text) => void (said.note += text),
      outIsTty: false,
      interactive: false,
      columns: () => 80,
      rows: () => 24,
      keys: () => {
        throw new Error('nobody is at a terminal');
      },
      input: async () => '',
      ask: async () => null,
    },
    env: {},
    cwd: '/',
    version: '1.2.3',
    self: ['false'],
    interrupted: () => new AbortController().signal,
    json: true,
  });
  const { error: json } = JSON.parse(said.out) as { error: unknown };
  return { exitCode, json, note: said.note };
};

test.each([
  ['usage', 2],
  ['invalid', 2],
  ['interrupted', 130],
  ['locked', 1],
])('trouble with the code %s ends with its exit code, its sentence and its remedy', async (code, exitCode) => {
  const error = new Trouble('It is so.', { remedy: 'Do this.\nOr that.', code });
  expect(await told(error)).toEqual({
    exitCode,
    json: { code, message: 'It is so.', remedy: 'Do this.\nOr that.' },
    note: 'longhaul: It is so.\n  Do this.\n  Or that.\n',
  });
});

test('a bug is called unexpected and brings its stack', async () => {
  const { exitCode, json } = await told(new TypeError('x is not a function'));
  expect({ exitCode, json }).toEqual({
    exitCode: 1,
    json: {
      code: 'internal',
      message: 'unexpected: x is not a function',
      remedy: expect.stringContaining('report.test.ts') as string,
    },
  });
});

test('what a repository is called or says reaches no terminal as a sequence', async () => {
  const error = new Trouble('There is no recipe "x".', {
    remedy: 'There are: a\u001b[31mb, c\u0007.',
    code: 'invalid',
  });
  expect((await told(error)).note).toBe('longhaul: There is no recipe "x".\n  There are: ab, c.\n');
});
