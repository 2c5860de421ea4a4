import { expect, test } from 'vitest';
import type { EventBody } from '../run/events.ts';
import { created, followed, leased, logOf } from '../run/story/fixture.ts';
import { checkReport, CheckReport } from './check-report.ts';
import type { CommandCoverage } from './coverage.ts';

const ran = (index: number, exitCode: number, output: string): EventBody => ({
  type: 'verification.finished',
  v: 2,
  index,
  command: 'npm test',
  outcome: 'exited',
  exitCode,
  output,
  outputBlob: null,
  durationMs: 1,
  refusedHosts: [],
  reachedHosts: [],
  setup: 'base',
});

const reportOf = (did: readonly EventBody[], coverage: readonly CommandCoverage[] = [], files = ['src/sum.js']) => {
  const bodies = [created('Mend it'), ...leased, ...did];
  const { state } = followed(bodies);
  const events = logOf(bodies);
  return CheckReport.parse(checkReport(state, events, { coverage, files }));
};

test('it says what verification came to, with what the commands printed', () => {
  expect(reportOf([])).toMatchObject({ conclusion: 'neutral', title: 'Nothing was run to verify it', annotations: [] });
  expect(reportOf([ran(0, 0, 'ok')])).toMatchObject({ conclusion: 'success', title: '1 command passed' });
  const { conclusion, title, summary } = reportOf([ran(0, 0, ''), ran(1, 1, 'no sum @ada')]);
  expect([conclusion, title]).toEqual(['failure', '1 of 2 commands failed']);
  expect(summary).toContain('no sum @ada');
});

test('what ran before the agent went on is told of no more: it was of another tree', () => {
  const repair: EventBody = { type: 'repair.requested', v: 1, repair: 1 };
  const { title, summary } = reportOf([ran(0, 1, 'no sum'), repair, ran(0, 0, 'ok')]);
  expect(title).toBe('1 command passed');
  expect(summary).not.toContain('no sum');
});

test('lines of the result that a failing command names have what stands there, each once; others have not', () => {
  const output = [
    'src/sum.js:3:7: expected 4, got 5',
    '    at add (src/sum.js:3:7)',
    '    at main (./src/sum.js:12)',
    'node_modules/x.js:1: no',
    'src/sum.js:0: no',
    '12:30:01 started',
  ].join('\n');
  expect(reportOf([ran(0, 1, output)]).annotations).toEqual([
    { path: 'src/sum.js', line: 3, level: 'failure', message: 'src/sum.js:3:7: expected 4, got 5 (npm test)' },
    { path: 'src/sum.js', line: 12, level: 'failure', message: 'at main (./src/sum.js:12) (npm test)' },
  ]);
  expect(reportOf([ran(0, 0, output)]).annotations).toEqual([]);
});

test('lines that no command ran are noticed, and there are no more than are taken', () => {
  const missed = (run: [number, number][]): CommandCoverage => ({
    command: 'npm test',
    files: [
      {
        path: 'src/sum.js',
        run,
        missed: [
          [2, 4],
          [9, 9],
        ],
      },
    ],
  });
  expect(reportOf([ran(0, 0, '')], [missed([])]).annotations).toEqual([
    { path: 'src/sum.js', line: 2, level: 'notice', message: 'Verification did not run all of lines 2 to 4.' },
    { path: 'src/sum.js', line: 9, level: 'notice', message: 'Verification did not run this line.' },
  ]);
  expect(reportOf([], [missed([[9, 9]])]).annotations.map(({ line }) => line)).toEqual([2]);
  const many = Array.from({ length: 99 }, (_, line) => `src/sum.js:${line + 1}: no`).join('\n');
  expect(reportOf([ran(0, 1, many)]).annotations).toHaveLength(50);
});
