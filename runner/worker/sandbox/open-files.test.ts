import { expect, test } from 'vitest';
import { namelessMappings } from './open-files.ts';

test('mapped files that have no name any more are told from those that do and from memory', () => {
  const maps = [
    '55d0c8a00000-55d0c8a02000 r--p 00000000 fe:00 1234                       /usr/bin/cat',
    '7f0000000000-7f0000001000 rw-s 00000000 fe:00 4711                       /workspace/big (deleted)',
    '7f0000002000-7f0000003000 rw-s 00000000 fe:00 4712                       /odd name (deleted) (deleted)',
    '7f0000004000-7f0000005000 rw-s 00000000 00:01 9                          /memfd:v8 (deleted)',
    '7f0000006000-7f0000007000 rw-s 00000000 00:01 10                         /dev/zero (deleted)',
    '7f0000008000-7f0000009000 rw-s 00000000 00:01 11                         /SYSV00000000 (deleted)',
    '7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]',
    '',
  ].join('\n');
  expect(namelessMappings(maps)).toEqual([4711, 4712]);
});
