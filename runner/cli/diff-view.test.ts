import { expect, test } from 'vitest';
import type { Applied, AppliedFile } from '../../shared/api/runner-api.ts';
import type { ChangedFile } from '../../shared/run/artifacts.ts';
import type { Status } from '../../shared/run/state.ts';
import { appliedView, isComplete, resultWarnings } from './applied-view.ts';
import { changedNames, diffStat, paintPatch } from './diff-view.ts';
import { paintWith, plain } from './paint.ts';

const version = (path: string, mode: '100644' | '100755' = '100644') => ({
  path,
  mode,
  blob: 'e'.repeat(64),
  bytes: 3,
});
const files: readonly ChangedFile[] = [
  {
    status: 'modified',
    before: version('src/a.ts'),
    after: version('src/a.ts', '100755'),
    binary: false,
    additions: 12,
    deletions: 1,
  },
  { status: 'renamed', before: version('old.ts'), after: version('new.ts'), binary: false, additions: 0, deletions: 0 },
  { status: 'deleted', before: version('gone\u001b[2K.ts'), after: null, binary: false, additions: 0, deletions: 30 },
  { status: 'added', before: null, after: version('logo.png'), binary: true, additions: 0, deletions: 0 },
];

test('files with what changed in them', () => {
  expect(diffStat(files, plain)).toMatchInlineSnapshot(`
    "M     +12   -1  src/a.ts (mode 100644 → 100755)
    R      +0   -0  old.ts → new.ts
    D      +0  -30  "gone\\u001b[2K.ts"
    A  binary       logo.png
    4 files, +12 -31"
  `);
  expect(changedNames(files)).toEqual(['src/a.ts', 'new.ts', '"gone\\u001b[2K.ts"', 'logo.png']);
});

test('a patch is coloured by where its lines stand, not by how they look', () => {
  const patch = [
    '--- a/x',
    '+++ b/x',
    '@@ -1,2 +1,2 @@ f',
    ' same',
    '--- looks like a header',
    '+++ so does this',
    '-- ',
    '2.39',
  ].join('\n');
  const codes = paintPatch(patch, paintWith(true))
    .split('\n')
    // oxlint-disable-next-line no-control-regex -- colours are what is looked at
    .map((line) => /^\u001b\[(\d+)m/.exec(line)?.[1] ?? '');
  expect(codes).toEqual(['1', '1', '36', '', '31', '32', '', '']);
  expect(paintPatch(patch, plain)).toBe(patch);
});

test('an application says what became of each file', () => {
  const applied = {
    how: 'worktree' as const,
    target: '/home/ada/parser',
    dryRun: false,
    cautions: [{ path: '.npmrc', cautions: [{ kind: 'dependencies' as const, text: 'It says from where.' }] }],
    files: [
      { path: 'src/a.ts', outcome: 'merged' as const, reason: '' },
      { path: 'src/b.ts', outcome: 'conflict' as const, reason: 'both changed line 3' },
    ],
  };
  expect(isComplete(applied)).toBe(false);
  expect(appliedView(applied, { run: 12, paint: plain })).toMatchInlineSnapshot(`
    "merged    src/a.ts
    conflict  src/b.ts  both changed line 3
    1 file to look at closely:
      ! .npmrc
          It says from where.
    1 file went into /home/ada/parser.
    1 file needs you: what is beside it says why.
    Take it back with: longhaul apply 12 --undo"
  `);
  const branch = {
    ...applied,
    cautions: [],
    how: 'branch' as const,
    target: 'fix/it',
    files: applied.files.slice(0, 1),
  };
  expect(isComplete(branch)).toBe(true);
  expect(appliedView(branch, { run: 12, paint: plain })).toMatchInlineSnapshot(`
    "merged  src/a.ts
    1 file is on the branch fix/it."
  `);
});

const taken = 'Take it back with: longhaul apply 12 --undo';
test.each<[Pick<Applied, 'how' | 'dryRun'>, readonly AppliedFile['outcome'][], readonly string[]]>([
  [{ how: 'worktree', dryRun: false }, ['already', 'already'], ['Nothing was changed. Everything is in /r already.']],
  [{ how: 'worktree', dryRun: true }, ['already'], ['Nothing was changed. Everything is in /r already.']],
  [
    { how: 'worktree', dryRun: false },
    ['written', 'already'],
    ['1 file went into /r.', '1 file was there already.', taken],
  ],
  [
    { how: 'worktree', dryRun: true },
    ['written', 'already', 'already'],
    ['Nothing was changed. 1 file would go into /r.', '2 files were there already.'],
  ],
  [
    { how: 'worktree', dryRun: false },
    ['refused', 'already'],
    ['1 file was there already.', '1 file needs you: what is beside it says why.'],
  ],
  [
    { how: 'worktree', dryRun: false },
    ['conflict', 'conflict'],
    [
      '2 files need you: what is beside them says why.',
      'Take back what was marked in a file with: longhaul apply 12 --undo',
    ],
  ],
  [{ how: 'undo', dryRun: false }, ['written', 'already'], ['2 files are as before in /r.']],
])('an application is told as what it did: %j with %j', (given, outcomes, expected) => {
  const files = outcomes.map((outcome) => ({ path: 'a', outcome, reason: '' }));
  const applied: Applied = { target: '/r', cautions: [], files, ...given };
  expect(appliedView(applied, { run: 12, paint: plain }).split('\n').slice(files.length)).toEqual(expected);
});

test('whoever uses a result hears that checks failed, and that it was rejected', () => {
  const check = (exitCode: number) =>
    ({ index: 0, command: 'npm test', outcome: 'exited', exitCode, durationMs: 1, coverage: null }) as const;
  const warnings = (status: Status, ...codes: readonly number[]): readonly string[] =>
    resultWarnings({ number: 12, status, verification: codes.map(check) });
  expect(warnings('reviewing', 0)).toEqual([]);
  expect(warnings('accepted', 1)).toEqual(['1 of 1 check failed: longhaul show 12']);
  expect(warnings('rejected', 1, 0)).toEqual([
    'Run 12 was rejected: longhaul show 12',
    '1 of 2 checks failed: longhaul show 12',
  ]);
});
