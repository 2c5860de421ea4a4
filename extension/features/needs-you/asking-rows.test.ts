import { expect, test } from 'vitest';
import { run, stateAt } from '../../../runner/cli/fixture.ts';
import { decisionSummaries, summary } from '../../../shared/run/summary.ts';
import { askingRows } from './asking-rows.ts';

const none = { decisions: [], keyless: new Set<string>(), reviews: [], ends: [] };
const now = Date.parse('2026-03-04T12:00:00.000Z');

test('what waits is listed as in the view, each with what opens it', () => {
  const asking = summary(stateAt('decision.requested'));
  const reviewing = summary(stateAt('round.finished'));
  const failed = {
    ...reviewing,
    status: 'failed' as const,
    class: 'model' as const,
    message: 'No\nanswer',
    at: reviewing.updatedAt,
    archived: null,
  };
  const rows = askingRows({ ...none, decisions: decisionSummaries(asking), reviews: [reviewing], ends: [failed] }, now);
  expect(rows.map(({ command, argument }) => [command, argument])).toEqual([
    ['longhaul.openDecision', { run, decision: decisionSummaries(asking)[0]?.request.id }],
    ['longhaul.review', { run }],
    ['longhaul.openRun', { run }],
  ]);
  expect(rows.map(({ label }) => label.split(':')[0])).toEqual([
    expect.stringMatching(/^Run npm install/),
    'Review',
    'Failed',
  ]);
  const { title } = reviewing.task;
  expect(rows.slice(1).map(({ label }) => label)).toEqual([`Review: #12 ${title}`, `Failed: #12 ${title}`]);
  expect(rows[2]?.detail).toBe('failed (model): No answer');
});

test('a title cannot draw a picture of its own', () => {
  const state = stateAt('round.finished');
  const reviews = [summary({ ...state, task: { ...state.task, title: '$(check) all fine' } })];
  expect(askingRows({ ...none, reviews }, now)[0]?.label).toBe('Review: #12 $\u200B(check) all fine');
});
