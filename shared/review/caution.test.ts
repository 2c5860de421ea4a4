import { expect, test } from 'vitest';
import { defaultPolicy } from '../policy/default.ts';
import { cautionsAmong, cautionsOf, type Caution, type Side } from './caution.ts';

const open = { ...defaultPolicy, rules: [] };
const file = (path: string, text: string | null = 'x', mode = '100644'): Side => ({ path, mode, text });
const link = (path: string, target: string): Side => ({ path, mode: '120000', text: target });
const kinds = (before: Side | null, after: Side | null): readonly Caution['kind'][] =>
  cautionsOf({ before, after }, defaultPolicy).map(({ kind }) => kind);

test.each<[string, readonly Caution['kind'][]]>([
  ['src/index.ts', []],
  ['.github/workflows/ci.yml', ['policy', 'automation']],
  ['.GitHub/Workflows/ci.yml', ['policy', 'automation']],
  ['.gitlab-ci.yml', ['policy', 'automation']],
  ['.longhaul/config.yaml', ['policy', 'automation']],
  ['CODEOWNERS', ['policy', 'owners']],
  ['.gitattributes', ['git']],
  ['sub/.gitattributes', ['git']],
  ['.gitmodules', ['git']],
  ['Makefile', ['scripts']],
  ['tools/build.mk', ['scripts']],
  ['.devcontainer/devcontainer.json', ['policy', 'editor']],
  ['app/.vscode/tasks.json', ['editor']],
  ['.husky/pre-commit', ['policy', 'automation']],
  ['AGENTS.md', ['policy', 'automation']],
  ['packages/a/CLAUDE.md', ['policy', 'automation']],
  ['.claude/settings.json', ['policy', 'automation']],
  ['.mcp.json', ['policy', 'automation']],
  ['.cursor/rules/a.mdc', ['policy', 'automation']],
  ['tests/conftest.py', ['scripts']],
  ['flake.nix', ['editor']],
  ['docs/agents.md.txt', []],
  ['package-lock.json', ['dependencies']],
  ['.npmrc', ['dependencies']],
  ['GITHUB~1/workflows/ci.yml', ['name']],
  ['a\u202egnp.exe', ['name']],
])('%s: %j, added, changed or deleted', (path, expected) => {
  expect(kinds(null, file(path))).toEqual(expected);
  expect(kinds(file(path), file(path, 'y'))).toEqual(expected);
  expect(kinds(file(path), null)).toEqual(expected);
});

test.each([
  ['/etc/passwd', 'It is a link that leaves the repository, to "/etc/passwd".'],
  ['../../outside', 'It is a link that leaves the repository, to "../../outside".'],
  ['../b', 'It is a link to "../b".'],
  [
    '../.github/workflows',
    'It is a link to "../.github/workflows". It runs by itself once it is pushed, with the rights and secrets of the repository.',
  ],
])('a link to %s is marked as what it is', (target, text) => {
  expect(cautionsOf({ before: null, after: link('a/x', target) }, open)).toEqual([{ kind: 'link', text }]);
});

test.each(['../.github', '/workspace/.github/', '../../outside'])(
  'a link to %s is one that policy protects',
  (target) => {
    expect(kinds(null, link('a/x', target))).toEqual(['link', 'policy']);
  },
);

test('a file that was renamed away from a protected place is marked, and one that became a program', () => {
  expect(kinds(file('.github/workflows/ci.yml'), file('ci.yml'))).toEqual(['policy', 'automation']);
  expect(kinds(file('a.sh'), file('a.sh', 'x', '100755'))).toEqual(['scripts']);
});

test.each([
  ['{"scripts":{"test":"x"}}', '{"scripts":{"test":"x"},"version":"2"}', []],
  ['{"scripts":{"test":"x"}}', '{"scripts":{"test":"x","postinstall":"y"}}', ['scripts']],
  ['{}', '{"bin":"x"}', ['scripts']],
  ['{', '{}', ['scripts']],
])('package.json from %s to %s: %j', (before, after, expected) => {
  expect(kinds(file('app/package.json', before), file('app/package.json', after))).toEqual(expected);
});

test('what a limit of the policy protects is marked', () => {
  const limits = [{ ...defaultPolicy, rules: defaultPolicy.rules.map((rule) => ({ ...rule, path: 'src/**' })) }];
  expect(cautionsOf({ before: null, after: file('src/x') }, { ...open, limits }).map(({ kind }) => kind)).toContain(
    'policy',
  );
});

test('a folder that git would take for a repository is marked where that is decided, and an ordinary HEAD is not', () => {
  const marked = (...paths: string[]) => [...cautionsAmong(paths).keys()];
  expect(marked('bare/HEAD', 'bare/config', 'bare/objects/x', 'bare/a.txt')).toEqual(['bare/HEAD', 'bare/config']);
  expect(marked('HEAD', 'objects/info/x')).toEqual(['HEAD']);
  expect(marked('a/head', 'a/Config')).toEqual(['a/head', 'a/Config']);
  expect(marked('docs/HEAD', 'b/config', 'config')).toEqual([]);
});

test('a package.json that could not be read is marked', () => {
  expect(kinds(file('package.json', null), file('package.json', null))).toEqual(['scripts']);
  expect(kinds(null, file('package.json', '{"name":"x"}'))).toEqual([]);
});
