import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathsOf, type Lookup } from './reported-paths.ts';
import type { Report } from './reports.ts';

const treeOf = (files: Readonly<Record<string, string>>): Lookup => ({
  roots: ['/workspace', '/data/copies/verify-0/tree'],
  exists: async (path) => path in files,
  read: async (path) => files[path] ?? null,
});

const lookUp = async (
  name: string,
  {
    at = 'coverage/lcov.info',
    format = 'lcov',
    sources = [],
    files,
  }: {
    readonly at?: string;
    readonly format?: Report['format'];
    readonly sources?: readonly string[];
    readonly files: Readonly<Record<string, string>>;
  },
): Promise<string | null> => (await pathsOf({ format, sources, files: [] }, at, treeOf(files)))(name);

test('a name is a file of the tree: from its root, from the package that the report is in, or by its path in the sandbox', async () => {
  const files = { 'src/a.js': '', 'packages/shop/src/b.js': '' };
  expect(await lookUp('src/a.js', { files })).toBe('src/a.js');
  expect(await lookUp('./src/../src/a.js', { files })).toBe('src/a.js');
  expect(await lookUp('/workspace/src/a.js', { files })).toBe('src/a.js');
  expect(await lookUp('/data/copies/verify-0/tree/src/a.js', { files })).toBe('src/a.js');
  expect(await lookUp('src/b.js', { at: 'packages/shop/coverage/lcov.info', files })).toBe('packages/shop/src/b.js');
});

test('a name that may mean two files means none', async () => {
  const files = { 'src/a.js': '', 'packages/shop/src/a.js': '' };
  expect(await lookUp('src/a.js', { at: 'packages/shop/coverage/lcov.info', files })).toBeNull();
});

test('names of Cobertura are below its sources', async () => {
  const files = { 'src/shop/a.py': '' };
  const report = { at: 'coverage.xml', format: 'cobertura', files } as const;
  expect(await lookUp('shop/a.py', { ...report, sources: ['/workspace/src'] })).toBe('src/shop/a.py');
  expect(await lookUp('shop/a.py', { ...report, sources: ['src'] })).toBe('src/shop/a.py');
  expect(await lookUp('src/shop/a.py', { ...report, sources: ['/workspace'] })).toBe('src/shop/a.py');
  expect(await lookUp('shop/a.py', { ...report, sources: ['/elsewhere/src'] })).toBeNull();
});

test('names of Go are below the module that a go.mod names', async () => {
  const files = { 'go.mod': 'module example.org/shop\n\ngo 1.24\n', 'cart/cart.go': '', 'cart.go': '' };
  const report = { at: 'cart/cover.out', format: 'go', files } as const;
  expect(await lookUp('example.org/shop/cart/cart.go', report)).toBe('cart/cart.go');
  expect(await lookUp('example.org/other/cart.go', report)).toBeNull();
  expect(await lookUp('cart/cart.go', report)).toBeNull();
});

test('no name leads out of the tree', async () => {
  const asked: string[] = [];
  const tree: Lookup = {
    ...treeOf({ 'go.mod': 'module m' }),
    exists: async (path) => {
      asked.push(path);
      return true;
    },
  };
  const part = fc.constantFrom('..', '.', '', 'a', '/', 'workspace', 'm', '../..', '\\..');
  const name = fc.array(part).map((parts) => parts.join('/'));
  const format = fc.constantFrom<Report['format']>('lcov', 'cobertura', 'go');
  await fc.assert(
    fc.asyncProperty(name, format, fc.array(name, { maxLength: 3 }), async (given, as, sources) => {
      await (
        await pathsOf({ format: as, sources, files: [] }, 'a/b/lcov.info', tree)
      )(given);
    }),
  );
  expect(asked.filter((path) => path.startsWith('/') || path.split('/').includes('..'))).toEqual([]);
});
