import { expect, test } from 'vitest';
import type { EventBody } from '../../shared/run/events.ts';
import { delegatedAt, eventsOf, story as log } from './fixture.ts';
import { createStory } from '../../shared/run/story/story.ts';
import { paintWith, plain } from './paint.ts';
import { timelineLines } from './timeline.ts';

const told = (more: readonly (readonly [number, EventBody])[] = log, paint = plain): string => {
  const story = createStory();
  const lines: string[] = [];
  for (const event of eventsOf(more)) {
    const createdAt = new Date(delegatedAt).toISOString();
    lines.push(...timelineLines(event, story.add(event), { createdAt, paint, messageLines: 1 }));
  }
  return lines.join('\n');
};

test('a whole run reads as a story', () => {
  expect(told()).toMatchInlineSnapshot(`
    "    0:00  Queued
        0:00  A worker took it
        0:01  The workspace is ready
        0:03  ! Model call failed: Too many requests.  tries again at 2026-03-04 12:00:05 UTC
        0:09  Turn 1  12.0k tokens in, 340 out · $0.0042
              I look at the test.
              … 1 more line
        0:09  Plan: 0 of 1 done  now: Mend it
        0:12  ✗ bash npm test  exit 1 · 2.3 s
        0:20  Turn 2  12.0k tokens in, 340 out · $0.005
        0:20  ? Asked: Run npm install in the sandbox, with network access to packages.host.test  waits
                dec_a1b2c3
        1:20  ✓ Asked: Run npm install in the sandbox, with network access to packages.host.test  approved by grace
        1:20  Queued again: decided
        1:20  A worker took it up again  activation 2
        1:35  ✓ bash npm install (network: packages.host.test)  exit 0 · 14.9 s
        1:40  Turn 3  12.0k tokens in, 340 out · $0.005
        1:40  ✓ edit src/parser.ts  12 ms
        1:41  Report: The parser reads empty files now.
        1:44  ✓ verification: npm test  exit 0 · 3.0 s
        1:45  ✓ Round 1 is ready for review  1 file, +3 −1"
  `);
});

test('what else can happen to a run is said, too', () => {
  expect(
    told([
      ...log.slice(0, 3),
      [5, { type: 'activation.lost', v: 2, activation: 'act_0001', reason: 'killed', leaseUntil: null }],
      [6, { type: 'activation.queued', v: 2, activation: 'act_0002', reason: 'lost' }],
      [6, { type: 'activation.leased', v: 1, activation: 'act_0002', fence: 2, worker: 'child' }],
      [7, { type: 'model.lost', v: 1, turn: 1, attempt: 1 }],
      [8, { type: 'context.compacted', v: 1, through: 1, summary: '', usage: null, cost: null }],
      [9, { type: 'activation.ended', v: 2, until: { kind: 'time', at: '2026-03-04T12:05:00.000Z' } }],
      [90_000, { type: 'message.sent', v: 1, by: 'person:ada', text: 'Mind\nthe \u001b[2Kgap' }],
      [90_001, { type: 'decision.expired', v: 1, decision: 'dec_a1b2c3' }],
      [300_000, { type: 'repair.requested', v: 1, repair: 1 }],
      [
        300_000,
        { type: 'changes.applied', v: 1, by: 'person:ada', how: 'worktree', target: '/r', files: 2, conflicts: 1 },
      ],
      [300_000, { type: 'run.cancelled', v: 1, by: 'person:ada', reason: 'enough' }],
    ]),
  ).toMatchInlineSnapshot(`
    "    0:00  Queued
        0:00  A worker took it
        0:05  ! The worker was lost: killed
        0:06  Queued again: it goes on from its log
        0:06  A worker took it up again  activation 2
        0:07  ! A model call was lost in flight  its cost is unknown
        0:08  Earlier turns were summarised, through turn 1
        0:09  Waits  until 2026-03-04 12:05:00 UTC
    1d 01:00  ada: Mind the gap
    3d 11:20  ! Verification failed; the agent is shown how (repair 1)
    3d 11:20  ! Applied to /r by ada  2 files, 1 conflict
    3d 11:20  ✗ Cancelled by ada: enough"
  `);
});

test('colours are codes around the same text', () => {
  const last: readonly (readonly [number, EventBody])[] = [[1, { type: 'run.completed', v: 1 }]];
  expect(told(last, paintWith(true))).toBe(
    '\u001b[2m    0:01\u001b[22m  \u001b[32m✓ \u001b[39mFinished without changes',
  );
});
