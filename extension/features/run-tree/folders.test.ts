import { expect, test } from 'vitest';
import { filesWith, foldersOf } from './folders.ts';

test('folders are where files are', () => {
  const folders = foldersOf(['a.txt', 'src/b.ts', 'src/deep/er/c.ts', '__proto__/constructor']);
  expect(Object.fromEntries([...folders].map(([path, names]) => [`/${path}`, [...names]]))).toEqual({
    '/': [
      ['a.txt', 'file'],
      ['src', 'folder'],
      ['__proto__', 'folder'],
    ],
    '/src': [
      ['b.ts', 'file'],
      ['deep', 'folder'],
    ],
    '/src/deep': [['er', 'folder']],
    '/src/deep/er': [['c.ts', 'file']],
    '/__proto__': [['constructor', 'file']],
  });
  expect([...foldersOf([])]).toEqual([['', new Map()]]);
});

test('files are found by any part of their paths, and no more than can be shown', () => {
  const files = ['README.md', 'src/Parse.ts', 'src/print.ts', 'test/parse.test.ts'];
  expect(filesWith(files, ' parse', 10)).toEqual(['src/Parse.ts', 'test/parse.test.ts']);
  expect(filesWith(files, 'src/p', 1)).toEqual(['src/Parse.ts']);
  expect(filesWith(files, '', 2)).toEqual(['README.md', 'src/Parse.ts']);
});
