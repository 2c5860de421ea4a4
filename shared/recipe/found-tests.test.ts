import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { testManifests, testsIn } from './found-tests.ts';

const commands = (texts: Readonly<Record<string, string>>) =>
  testsIn(new Map(Object.entries(texts))).map(({ command }) => command);

test.each([
  ['package.json', '{"scripts": {"test": "vitest run"}}', ['npm test']],
  ['package.json', '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}', []],
  ['package.json', '{"scripts": {"test": " "}}', []],
  ['package.json', '{"scripts": {"test": 7}}', []],
  ['package.json', '{"scripts": "test"}', []],
  ['package.json', '{"scripts": {"build": "tsc"}}', []],
  ['package.json', '{"scripts": {"test": "vitest"', []],
  ['package.json', 'null', []],
  ['Cargo.toml', '[package]\nname = "x"\n', ['cargo test']],
  ['Cargo.toml', '[workspace]\nmembers = []\n', ['cargo test']],
  ['Cargo.toml', '', []],
  ['go.mod', 'module example.org/x\n\ngo 1.25\n', ['go test ./...']],
  ['go.mod', '// nothing', []],
  ['pytest.ini', '', ['pytest']],
  ['pyproject.toml', '[tool.pytest.ini_options]\n', ['pytest']],
  ['pyproject.toml', '[dependency-groups]\ndev = ["pytest>=8"]\n', ['pytest']],
  ['pyproject.toml', '[project]\nname = "x"\n', []],
  ['tox.ini', '[testenv]\ncommands = pytest {posargs}\n', ['pytest']],
  ['tox.ini', '[flake8]\n', []],
  ['Makefile', 'all: build\n\ntest: all\n\t./run\n', ['make test']],
  ['Makefile', 'check test::\n\t./run\n', ['make test']],
  ['Makefile', 'test := 1\ntest::=2\n.PHONY: test\n# test:\n\techo test: x\nlatest:\n', []],
  ['setup.cfg', '[tool:pytest]', []],
])('%s that says %j suggests %j', (file, text, expected) => {
  expect(commands({ [file]: text })).toEqual(expected);
});

test('of several manifests the likeliest is first, and each command is there once', () => {
  const texts = {
    Makefile: 'test:\n',
    makefile: 'test:\n',
    'tox.ini': 'pytest',
    'pytest.ini': '',
    'go.mod': 'module x',
  };
  expect(commands(texts)).toEqual(['go test ./...', 'pytest', 'make test']);
});

test('whatever a manifest says, no word of it becomes a command', () => {
  const fixed = ['npm test', 'cargo test', 'go test ./...', 'pytest', 'make test'];
  fc.assert(
    fc.property(fc.constantFrom(...testManifests), fc.oneof(fc.string(), fc.json()), (file, text) => {
      expect(commands({ [file]: text }).filter((command) => !fixed.includes(command))).toEqual([]);
    }),
  );
});
