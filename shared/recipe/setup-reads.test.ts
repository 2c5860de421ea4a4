import { describe, expect, test } from 'vitest';
import { changedReads, setupReads } from './setup-reads.ts';

const reads = (commands: readonly string[], extra: readonly string[] = []) =>
  setupReads(
    commands.map((command) => ({ command })),
    extra,
  );

describe('setup reads', () => {
  test.each([
    'package.json',
    'packages/web/package.json',
    'package-lock.json',
    '.npmrc',
    'yarn.lock',
    '.yarn/releases/yarn-4.cjs',
    'pnpm-lock.yaml',
    'bun.lock',
    'bun.lockb',
    'requirements.txt',
    'requirements-dev.txt',
    'dev-requirements.txt',
    'pyproject.toml',
    'setup.py',
    'setup.cfg',
    'poetry.lock',
    'uv.lock',
    'Pipfile.lock',
    'Cargo.toml',
    'crates/core/build.rs',
    '.cargo/config.toml',
    'go.mod',
    'go.sum',
    'Gemfile',
    'Gemfile.lock',
    'composer.json',
    'pom.xml',
    'app/build.gradle.kts',
    'gradle/wrapper/gradle-wrapper.properties',
    'src/App.csproj',
    'nuget.config',
    'Makefile',
    'mix.exs',
    '.gitmodules',
  ])('%s, whatever the command is', (path) => {
    expect(reads(['true'])(path)).toBe(true);
  });

  test.each(['src/index.js', 'README.md', 'test/package.test.js', 'docs/requirements.md', 'lib/setup.js'])(
    'not %s',
    (path) => {
      expect(reads(['npm ci'])(path)).toBe(false);
    },
  );

  test.each([
    ['sh scripts/setup.sh', 'scripts/setup.sh', true],
    ['./install && true', 'install', true],
    ['pip install -r deps/base.req', 'deps/base.req', true],
    ['curl -d @body.json https://example.org', 'body.json', true],
    ['tool --config=ci/tool.conf', 'ci/tool.conf', true],
    ['python $PWD/tools/fetch.py', 'tools/fetch.py', true],
    ['node /workspace/tools/fetch.js', 'tools/fetch.js', true],
    ['pip install ./plugin', 'plugin/code.py', true],
    ['pip install .', 'anything/at/all.py', true],
    ['pip install -e .', 'anything/at/all.py', false],
    ['cat deps/*.list | sh', 'deps/one.list', true],
    ['cd web && npm ci', 'web/src/page.js', false],
    ['npm --prefix web ci', 'web/src/page.js', false],
    ['npm --prefix=web ci', 'web/src/page.js', false],
    ['npm ci', 'ci', true],
    ['make deps', 'deps.mk', true],
  ])('by the words of %s: %s is %s', (command, path, expected) => {
    expect(reads([command])(path)).toBe(expected);
  });

  test('what the repository lists besides', () => {
    expect(reads(['npm ci'], ['vendor/**'])('vendor/a/b.tgz')).toBe(true);
  });
});

test('a file that was moved counts by either of its names, and each name once', () => {
  const file = (path: string) => ({ path });
  expect(
    changedReads(
      [
        { before: file('package.json'), after: file('old/package.json') },
        { before: null, after: file('package.json') },
        { before: file('src/a.js'), after: null },
      ],
      reads(['npm ci']),
    ),
  ).toEqual(['old/package.json', 'package.json']);
});
