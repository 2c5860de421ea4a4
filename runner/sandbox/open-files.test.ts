import { describe, expect, test } from 'vitest';
import { mayBeOn, namelessMappings, parseUsersLook } from './open-files.ts';

test('mapped files that have no name any more are told from those that do and from memory', () => {
  const maps = [
    '55d0c8a00000-55d0c8a02000 r--p 00000000 fe:00 1234                       /usr/bin/cat',
    '00400000-00401000 rw-s 00000000 fe:00 4711                               /workspace/big (deleted)',
    '7f0000002000-7f0000003000 rw-s 00000000 fe:00 4712                       /odd name (deleted) (deleted)',
    '7f0000004000-7f0000005000 rw-s 00000000 00:01 9                          /memfd:v8 (deleted)',
    '7f0000006000-7f0000007000 rw-s 00000000 00:01 10                         /dev/zero (deleted)',
    '7f0000008000-7f0000009000 rw-s 00000000 00:01 11                         /SYSV00000000 (deleted)',
    '7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]',
    '',
  ].join('\n');
  expect(namelessMappings(maps)).toEqual([
    { range: '400000-401000', device: 'fe:00', inode: '4711' },
    { range: '7f0000002000-7f0000003000', device: 'fe:00', inode: '4712' },
  ]);
});

test.each([
  { what: 'the same disk', mapping: 'fe:01', device: 0xfe01, expected: true },
  { what: 'another disk', mapping: 'fe:00', device: 0xfe01, expected: false },
  { what: 'memory', mapping: '00:2a', device: 0xfe01, expected: false },
  { what: 'any, where the file system has no disk of its own', mapping: 'fe:00', device: 0x2a, expected: true },
])('a mapping may be on the workspace file system: $what', ({ mapping, device, expected }) => {
  expect(mayBeOn(mapping, device)).toBe(expected);
});

describe('what the user of the processes sees', () => {
  const disk = 0xfe00;
  const map = 'map 7f0000000000-7f0000001000 rw-s 00000000 fe:00 12 /workspace/big (deleted)';

  test.each([
    ['nothing', '', { disk: 0, memory: 0, hidden: { mapped: 0, more: false } }],
    [
      'files on the disk and in memory, each once',
      `file ${disk} 11 8\nfile ${disk} 11 8\nfile 42 11 16\n`,
      { disk: 4096, memory: 8192, hidden: { mapped: 0, more: false } },
    ],
    [
      'a mapped file that is open as well',
      `${map}\nfile ${disk} 12 8\n`,
      { disk: 4096, memory: 0, hidden: { mapped: 0, more: false } },
    ],
    [
      'a mapped file alone, in two processes',
      `${map}\n${map}\n`,
      { disk: 0, memory: 0, hidden: { mapped: 1, more: false } },
    ],
    ['files on their way', 'scm_fds: 0\nscm_fds: 7\n', { disk: 0, memory: 0, hidden: { mapped: 0, more: true } }],
    ['a process that forbids it', 'hidden\n', { disk: 0, memory: 0, hidden: { mapped: 0, more: true } }],
  ])('%s', (_what, printed, expected) => {
    expect(parseUsersLook(printed, disk)).toEqual(expected);
  });
});
