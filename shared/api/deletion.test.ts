import { expect, test } from 'vitest';
import { deletionText } from './deletion.ts';

test('a deletion is told in figures, with what stays', () => {
  expect([
    deletionText({ events: 14, contents: 3, bytes: 2_100_000, folder: '/home/runs/run_1' }),
    deletionText({ events: 1, contents: 0, bytes: 0, folder: null }),
  ]).toEqual([
    'Gone for good: 14 events, 3 stored contents (2.1 MB), its folder on the runner, with its tree, its checkpoints and what takes back an application (--undo). Your repository stays as it is, with every branch that was made of it.',
    'Gone for good: 1 event. Your repository stays as it is, with every branch that was made of it.',
  ]);
});
