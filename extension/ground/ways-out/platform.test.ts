import { expect, test } from 'vitest';
import { elsewhere } from './platform.ts';

const titles = (platform: string) => elsewhere(platform)?.ways.map(({ title }) => title);

test('on Linux nothing has to be said', () => {
  expect(elsewhere('linux')).toBeNull();
});

test('on Windows and macOS what works there is said, with an action for each', () => {
  expect(elsewhere('win32')?.text).toContain('which Windows does not have');
  expect(titles('win32')).toEqual([
    'Reopen in WSL',
    'Reopen in Dev Container',
    'Connect over SSH',
    'Use a Runner Elsewhere',
  ]);
  expect(elsewhere('darwin')?.text).toContain('which macOS does not have');
  expect(titles('darwin')).toEqual(['Reopen in Dev Container', 'Connect over SSH', 'Use a Runner Elsewhere']);
  expect(titles('freebsd')).toEqual(titles('darwin'));
});
