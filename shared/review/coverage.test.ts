import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changeRunText,
  changesRun,
  Coverage,
  coverageLines,
  fileRun,
  fileRunMark,
  fileRunText,
  inReviewOrder,
  stretchesOf,
  type CommandCoverage,
} from './coverage.ts';

const counted = (
  command: string,
  path: string,
  [run, missed]: readonly [run: readonly number[], missed: readonly number[]],
): CommandCoverage => ({
  command,
  files: [{ path, run: stretchesOf(run), missed: stretchesOf(missed) }],
});

/** A change that added so many lines, the first of them at this line. */
const added = (line: number, lines: number) => ({
  before: { at: line - 1, lines: [] },
  after: { at: line - 1, lines: Array.from({ length: lines }, () => 'x\n') },
});

const fileText = (all: readonly CommandCoverage[]): string | null => {
  const run = fileRun(all, 'a.js');
  return run === null ? null : fileRunText(run);
};

const changeText = (all: readonly CommandCoverage[], line: number, lines: number): string | null => {
  const run = changesRun(all, 'a.js', [added(line, lines)]);
  return run === null ? null : changeRunText(run);
};

describe('what is said of a file', () => {
  test('all of what is known was run, some of it, none of it', () => {
    expect(fileText([counted('npm test', 'a.js', [[1, 2, 3], []])])).toBe('run by verification (3 changed lines)');
    expect(fileText([counted('npm test', 'a.js', [[1, 2], [4]])])).toBe('run by verification (2 of 3 changed lines)');
    expect(fileText([counted('npm test', 'a.js', [[], [4]])])).toBe('not run by verification (1 changed line)');
  });

  test('of what nobody counted nothing is said', () => {
    expect(fileText([])).toBeNull();
    expect(fileText([counted('npm test', 'b.js', [[1], []])])).toBeNull();
    expect(fileText([counted('npm test', 'a.js', [[], []])])).toBeNull();
  });

  test('a line that any command ran was run', () => {
    const all = [counted('lint', 'a.js', [[1], [2, 3]]), counted('npm test', 'a.js', [[2], [1, 3]])];
    expect(fileText(all)).toBe('run by verification (2 of 3 changed lines)');
  });

  test('where a command was not counted, those that were are named and not all of verification', () => {
    const all = [counted('npm test', 'a.js', [[], [1]]), counted('npm run e2e', 'b.js', [[1], []])];
    expect(fileText(all)).toBe('not run by npm test (1 changed line)');
  });

  test('a row says only what was left out', () => {
    expect(fileRunMark({ run: 3, missed: 0, by: [], whole: true })).toBe('');
    expect(fileRunMark({ run: 2, missed: 1, by: [], whole: true })).toBe('2 of 3 lines run');
    expect(fileRunMark({ run: 0, missed: 1, by: [], whole: true })).toBe('not run');
  });
});

describe('what is said of one change', () => {
  const all = [
    counted('npm test', 'a.js', [
      [10, 11],
      [12, 20],
    ]),
  ];

  test('which command ran it, how much of it, or that none did', () => {
    expect(changeText(all, 10, 2)).toBe('run by npm test');
    expect(changeText(all, 10, 3)).toBe('2 of 3 lines run by npm test');
    expect(changeText(all, 20, 1)).toBe('not run by verification');
    expect(changeText(all, 30, 5)).toBeNull();
  });

  test('only the command that ran it is named, in one line and without what a terminal obeys', () => {
    const two = [...all, counted('npm\u001b[2J run\ne2e', 'a.js', [[20], [10]])];
    expect(changeText(two, 20, 1)).toBe('run by npm run e2e');
    expect(changeText(two, 10, 1)).toBe('run by npm test');
  });
});

test('files to look at closely come first, then those with lines that were not run, each in the order they had', () => {
  const coverage: readonly CommandCoverage[] = [
    {
      command: 'npm test',
      files: [
        { path: 'run.js', run: [[1, 2]], missed: [] },
        { path: 'missed.js', run: [[1, 2]], missed: [[4, 4]] },
      ],
    },
  ];
  const files = ['unknown.md', 'run.js', 'missed.js', 'protected.yml'].map((path) => ({ path }));
  const ordered = inReviewOrder(files, { marked: ({ path }) => path === 'protected.yml', coverage });
  expect(ordered.map(({ path }) => path)).toEqual(['protected.yml', 'missed.js', 'unknown.md', 'run.js']);
  expect(coverageLines(coverage)).toEqual([
    { path: 'missed.js', text: 'run by verification (2 of 3 changed lines)', missed: true },
    { path: 'run.js', text: 'run by verification (2 changed lines)', missed: false },
  ]);
});

describe('stretches', () => {
  const lines = fc.uniqueArray(fc.integer({ min: 1, max: 200 })).map((all) => all.toSorted((a, b) => a - b));

  test('hold the lines that they were made of, and no others', () => {
    fc.assert(
      fc.property(lines, lines, (run, others) => {
        const missed = others.filter((line) => !run.includes(line));
        const all = [counted('test', 'a.js', [run, missed])];
        const known = (line: number) => changesRun(all, 'a.js', [added(line, 1)]);
        for (let line = 1; line <= 201; line += 1)
          expect([known(line)?.run ?? 0, known(line)?.missed ?? 0]).toEqual([
            Number(run.includes(line)),
            Number(missed.includes(line)),
          ]);
        expect(Coverage.safeParse({ tree: 'a'.repeat(40), files: all[0]?.files }).success).toBe(true);
      }),
    );
  });

  test.each([
    [[[2, 1]]],
    [
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      [
        [5, 6],
        [1, 2],
      ],
    ],
    [[[0, 1]]],
    [[[1, 1e12]]],
    [[[1]]],
    ['1-2'],
  ])('that are none are refused: %j', (run) => {
    const files = [{ path: 'a.js', run, missed: [] }];
    expect(Coverage.safeParse({ tree: 'a'.repeat(40), files }).success).toBe(false);
  });
});
