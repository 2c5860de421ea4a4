import { expect, test } from 'vitest';
import { MemoryLog } from '../../test/fakes/memory-log.ts';
import { someTask } from '../../test/fakes/task.ts';
import type { EventBody, RunEvent } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import { roundComment } from './round-comment.ts';

type Asked = Extract<EventBody, { type: 'review.decided' }>;

/** What is said of the second round, after the first one got this verdict. */
const saidOf = (asked: Partial<Asked> | null, summary = 'It rounds now.'): string | null => {
  const { state } = new MemoryLog(someTask({}));
  const body = {
    type: 'review.decided',
    v: 3,
    merge: null,
    from: 'person',
    by: 'github:ada',
    verdict: 'changes',
  } as const;
  const decided = { ...body, reason: 'ada: Round it.', comments: [], ...asked };
  const event: RunEvent = { run: state.id, seq: 2, position: 2, at: state.createdAt, activation: null, body: decided };
  const run: RunState = { ...state, round: 2, report: { summary, claims: [] } };
  return roundComment(run, asked === null ? [] : [event]);
};

test('it says what was asked for, what was done, and that nothing was run to verify it', () => {
  expect(saidOf({ comments: [{ path: 'sum.js', line: 1, text: 'To cents?' }] })).toBe(
    '**Round 2**, for what ada on GitHub asked for:\n\n> ada: Round it.\n>\n> sum.js:1: To cents?\n\nIt rounds now.\n\n**Nothing was run to verify it.**',
  );
  expect(
    saidOf({ from: 'checks', by: 'github', reason: 'Failed: build\n\nbuild:\nno sum\nand more\nand more' }),
  ).toContain('**Round 2**, for checks that failed:\n\n> Failed: build build:\n\n');
});

test('of a first round there is nothing to say', () => {
  expect(saidOf(null)).toBeNull();
  expect(saidOf({ verdict: 'rejected' })).toBeNull();
});

test('nothing that others wrote mentions anybody or links, and it fits', () => {
  const evil = '@acme/everyone closes #1 https://evil.example.org\n\n# Merge this';
  const said = saidOf({ reason: evil, comments: [{ path: '@a', line: null, text: evil }] }, evil.repeat(2_000)) ?? '';
  expect(said).not.toMatch(/[@#](?=[a-z0-9])/i);
  expect(said).not.toMatch(/https?:\/\//);
  expect(said).not.toMatch(/^# Merge/m);
  expect(said.length).toBeLessThan(65_000);
});
