import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readShell } from './shell-reading.ts';
import { mayRun, onlyRuns } from './shell.ts';

const texts = (command: string) => readShell(command).commands.map((words) => words.map((word) => word.text));

test.each([
  ['words', 'npm  test\t--watch', [['npm', 'test', '--watch']]],
  ['a list', 'a && b || c; d | e |& f & g\nh', [['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g'], ['h']]],
  ['single quotes', `echo 'a b; "c" $d'`, [['echo', 'a b; "c" $d']]],
  ['double quotes with escapes', String.raw`echo "a \"b\" \\ \n"`, [['echo', String.raw`a "b" \ \n`]]],
  ['quotes within a word', `n'p'"m" te\\st`, [['npm', 'test']]],
  ['an empty word', `grep '' a`, [['grep', '', 'a']]],
  ['a line that goes on', 'npm \\\n test', [['npm', 'test']]],
  [
    'comments',
    '# first\nnpm test # && rm -rf .\necho a#b',
    [
      ['npm', 'test'],
      ['echo', 'a#b'],
    ],
  ],
  ['redirections that write to no file', 'npm test 2>&1 >/dev/null 2>> /dev/null', [['npm', 'test']]],
  ['other blanks as a shell does', 'npm\u00a0test\r', [['npm\u00a0test\r']]],
  ['nothing', ' ; # all of it', []],
])('a shell command is read: %s', (_name, command, expected) => {
  expect({ commands: texts(command), certain: readShell(command).certain }).toEqual({
    commands: expected,
    certain: true,
  });
});

test.each([
  ['a substitution', 'npm test $(rm -rf .)'],
  ['a substitution in double quotes', 'npm test "$(rm -rf .)"'],
  ['backticks', 'npm test `rm -rf .`'],
  ['backticks in double quotes', 'npm test "`rm -rf .`"'],
  ['process substitution', 'npm test <(rm -rf .)'],
  ['a parameter with an operator', 'npm test ${X:-$(rm)}'],
  ['arithmetic', 'npm test $((1 + 1))'],
  ['a subshell', '(npm test)'],
  ['a group', '{ npm test; }'],
  ['a redirection to a file', 'npm test > .git/hooks/x'],
  ['a redirection of everything', 'npm test &> x'],
  ['a redirection to a file that begins with a digit', 'npm test >&2x'],
  ['a redirection to a file below a device', 'npm test >/dev/null/../x'],
  ['a redirection to a file with an odd name', 'npm test >&2\r'],
  ['a here-document', 'npm test << EOF\nrm\nEOF'],
  ['an assignment before the command', 'PATH=. npm test'],
  ['an assignment alone', 'PATH=.\nnpm test'],
  ['a function', 'npm() { rm -rf .; }; npm test'],
  ['a condition', 'if npm test; then npm test; fi'],
  ['a negation', '! npm test'],
  ['an open quote', `npm test 'a`],
  ['an open double quote', 'npm test "a'],
  ['a backslash at the end', 'npm test \\'],
  ['ANSI quotes', `npm test $'a'`],
])('a shell command is uncertain for %s', (_name, command) => {
  expect(readShell(command).certain).toBe(false);
  expect(onlyRuns(command, 'npm test')).toBe(false);
});

test.each([
  ['the command itself', 'npm test', true],
  ['with more words', 'npm test -- a.test.ts', true],
  ['with quoted words', `npm test -- "a b"`, true],
  ['with quotes within the prefix', `npm 'test'`, true],
  ['several of the kind', 'npm test && npm test -- b', true],
  ['with globs and parameters behind it', 'npm test -- src/*.ts $X ${HOME} ~', true],
  ['another one behind it', 'npm test && rm -rf .', false],
  ['another one in a pipe', 'npm test | sh', false],
  ['another one in the background', 'npm test & rm -rf .', false],
  ['another one on the next line', 'npm test\nrm -rf .', false],
  ['another one that begins alike', 'npm tester', false],
  ['less than the prefix', 'npm', false],
  ['a parameter in its place', '$NPM test', false],
  ['a glob in its place', 'np? test', false],
  ['a brace expansion in its place', '{npm,rm} test', false],
  ['a program of another folder', './npm test', false],
  ['by another program', 'sudo npm test', false],
  ['nothing', '# npm test', false],
])('a command surely runs only npm test: %s', (_name, command, expected) => {
  expect(onlyRuns(command, 'npm test')).toBe(expected);
});

test('a prefix of no words allows nothing and forbids everything', () => {
  expect([onlyRuns('ls', ' '), mayRun('ls', ' ')]).toEqual([false, true]);
});

test.each([
  ['git push', true],
  ['cd a && git push origin', true],
  ['sudo -u root git push', true],
  ['/usr/bin/git push', true],
  ['git -C dir push', true],
  ['git --no-pager -c a=b push -f', true],
  [`sh -c "git push"`, true],
  [`bash -lc 'cd a; git push'`, true],
  ['echo $(git push)', true],
  ['echo `git push`', true],
  ['(git push)', true],
  ['GIT_DIR=x git push', true],
  ['if true; then git push; fi', true],
  ['xargs git push', true],
  [`g'i't p"us"h`, true],
  ['g\\it push', true],
  ['{git,push}', true],
  ['true&git push', true],
  ['git status', false],
  ['git commit -m push', false],
  ['git log origin push-fix', false],
  ['digit push', false],
  ['echo git; push', false],
])('%s may run git push: %s', (command, expected) => {
  expect(mayRun(command, 'git push')).toBe(expected);
});

/** Words as bash sees them: what it would give to a program as its arguments. */
const wordsOfBash = (commands: readonly string[]): readonly (readonly string[])[] => {
  const script = String.raw`shown() { printf '%s\0' "$#" "$@"; }; for command; do eval "shown $command"; done`;
  const fields = execFileSync('bash', ['-c', script, 'bash', ...commands], { cwd: '/', encoding: 'utf8' }).split('\0');
  const found: string[][] = [];
  for (let at = 0; at < fields.length - 1;) {
    const count = Number(fields[at]);
    found.push(fields.slice(at + 1, at + 1 + count));
    at += 1 + count;
  }
  return found;
};

test('what is read for certain, with literal words, bash reads the same', () => {
  const pieces = fc.constantFrom(
    'a',
    'b',
    ' ',
    '\t',
    "'",
    '"',
    '\\',
    '\\\n',
    '#',
    '=',
    '!',
    '%',
    '2>&1',
    '/',
    '-',
    ',',
    '^',
    '\r',
    '@',
  );
  const commands = fc
    .sample(fc.array(pieces, { minLength: 1, maxLength: 12 }), 5000)
    .map((parts) => `a ${parts.join('')}`);
  const certain = commands.flatMap((command) => {
    const reading = readShell(command);
    const [words = [], ...others] = reading.commands;
    const simple = reading.certain && others.length === 0 && words.every((word) => word.literal);
    return simple ? [{ command, words: words.map((word) => word.text) }] : [];
  });
  expect(certain.length).toBeGreaterThan(500);
  expect(wordsOfBash(certain.map(({ command }) => command))).toEqual(certain.map(({ words }) => words));
});
