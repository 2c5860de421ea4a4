import { expect, test } from 'vitest';
import type { Applied, AppliedFile } from '../../../shared/api/runner-api.ts';
import { appliedSummary, branchName, firstConflict, troubled } from './outcome.ts';

const applied = (how: Applied['how'], ...outcomes: readonly AppliedFile['outcome'][]): Applied => ({
  how,
  target: how === 'branch' ? 'longhaul/1' : '/repository',
  dryRun: false,
  files: outcomes.map((outcome, index) => ({ path: `file ${index}`, outcome, reason: '' })),
  cautions: [],
});

test('an application is told with what is left to do', () => {
  expect([
    appliedSummary(applied('worktree', 'written')),
    appliedSummary(applied('worktree', 'written', 'merged', 'already', 'conflict', 'conflict', 'refused')),
    appliedSummary(applied('worktree', 'conflict')),
    appliedSummary(applied('worktree', 'already', 'already')),
    appliedSummary(applied('branch', 'written', 'written')),
    appliedSummary(applied('undo', 'written', 'refused')),
  ]).toEqual([
    'Applied 1 file to the working tree.',
    'Applied 2 files to the working tree. 1 file merged with your own changes. 1 file had it already. 2 files in conflict, to be resolved: marked in their text, or left as they are. 1 file left as it is.',
    'No file was applied whole. 1 file in conflict, to be resolved: marked in its text, or left as it is.',
    'Everything is in the working tree already; nothing was written.',
    'The branch longhaul/1 holds the accepted changes of 2 files.',
    'Brought back 1 file as before the application. 1 file left as it is.',
  ]);
  expect(troubled(applied('worktree', 'written', 'conflict', 'refused')).map(({ path }) => path)).toEqual([
    'file 1',
    'file 2',
  ]);
});

test('the first conflict is found at its line', () => {
  expect(firstConflict('a\nb\n<<<<<<< yours\n')).toBe(2);
  expect(firstConflict('<<<<<<< yours\n')).toBe(0);
  expect(firstConflict('a <<<<<<< b\n<<<<<<<<\n')).toBeNull();
});

test('a branch is named after its run, whatever its title is written in', () => {
  expect([branchName(3, 'Fix the café: 50% off!'), branchName(4, '修复'), branchName(5, 'x'.repeat(99))]).toEqual([
    'longhaul/3-fix-the-cafe-50-off',
    'longhaul/4',
    `longhaul/5-${'x'.repeat(40)}`,
  ]);
});
