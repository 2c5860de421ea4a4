import { expect, test } from 'vitest';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { created, followed, leased } from '../../../shared/run/story/fixture.ts';
import { summary } from '../../../shared/run/summary.ts';
import { rowContext } from './row-context.ts';

const first = summary(followed([created('Fix it'), ...leased]).state);
const run = (more: object): RunSummary => Object.assign<object, RunSummary, object>({}, first, more);
const text = 'a'.repeat(64);
const comment = { output: { kind: 'comment', text } };
const done = { effects: [{ round: 1, status: 'done' }] };

test.each([
  ['a change of files in review', { status: 'reviewing' }, 'run.reviewing'],
  ['a comment in review', { status: 'reviewing', ...comment }, 'run.reviewing.said'],
  ['a comment of which publishing failed', { status: 'reviewing', ...comment, effects: [] }, 'run.reviewing.said'],
  ['a comment that was published', { status: 'accepted', ...comment, ...done }, 'run.accepted.read'],
  ['a report', { status: 'reviewing', output: { kind: 'report', text } }, 'run.reviewing.read'],
  ['one that is at it again', { status: 'working', ...comment }, 'run.working'],
  ['one that waits for a person to go on', { status: 'waiting', until: { kind: 'resume', by: 'a' } }, 'run.paused'],
  ['one that was put away', { status: 'accepted', archived: { by: 'a', at: '' }, ...comment }, 'run.archived'],
])('%s has the menu of %s', (_, state, context) => {
  expect(rowContext(run(state))).toBe(context);
});
