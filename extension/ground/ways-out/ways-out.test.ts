import { expect, test } from 'vitest';
import { missing } from '../../../runner/sandbox/host-programs.ts';
import { waysOut } from './ways-out.ts';

const titles = (name: string, remedy: string, outcome: 'ok' | 'warn' | 'fail' = 'fail'): readonly string[] =>
  waysOut({ name, outcome, detail: '', remedy }).map(({ title }) => title);

test('a key that is missing can be set, and the page that makes keys opened', () => {
  expect(
    titles(
      'model',
      'Set OPENAI_API_KEY; keys are made at https://platform.openai.com/api-keys. Another endpoint: OPENAI_BASE_URL.',
    ),
  ).toEqual([
    'Set Model Key',
    'Choose a Model',
    'Choose an Endpoint',
    'Open https://platform.openai.com/api-keys',
    'Copy What to Do',
  ]);
});

test('a program that is missing is typed into a terminal, and nothing behind its name', () => {
  expect(
    waysOut({
      name: 'git',
      outcome: 'fail',
      detail: 'missing',
      remedy: 'Install it; on Debian and Ubuntu: sudo apt-get install git',
    }),
  ).toEqual([
    { kind: 'terminal', title: 'Type into a Terminal: sudo apt-get install git', text: 'sudo apt-get install git' },
    { kind: 'copy', title: 'Copy What to Do', text: 'Install it; on Debian and Ubuntu: sudo apt-get install git' },
  ]);
  expect(titles('ripgrep', 'Install it: sudo apt-get install ripgrep. In a checkout npm run setup brings it.')[0]).toBe(
    'Type into a Terminal: sudo apt-get install ripgrep',
  );
  expect(titles('git', 'sudo apt-get install git; rm -rf ~')[0]).toBe('Type into a Terminal: sudo apt-get install git');
});

test('what the sandbox is made of is installed the same way, by the program of either system', () => {
  expect(titles('sandbox', missing('bwrap', 'bubblewrap').remedy)).toEqual([
    'Type into a Terminal: sudo apt-get install bubblewrap',
    'Type into a Terminal: sudo dnf install bubblewrap',
    'Copy What to Do',
  ]);
});

test('a kernel that forbids sandboxes is told so as root', () => {
  expect(titles('sandbox', 'sysctl -w kernel.unprivileged_userns_clone=1')).toEqual([
    'Type into a Terminal: sudo sysctl -w kernel.unprivileged_userns_clone=1',
    'Copy What to Do',
  ]);
});

test('a runner that does not answer can be restarted, looked into, or another chosen', () => {
  expect(titles('runner', 'Its log is /home/ada/.longhaul/runner.log. Stop it with: longhaul stop')).toEqual([
    'Restart Runner',
    'Open Runner Log',
    'Choose a Runner',
    'Copy What to Do',
  ]);
});

test('where all is well there is nothing to do', () => {
  expect(titles('model', '', 'ok')).toEqual([]);
});
