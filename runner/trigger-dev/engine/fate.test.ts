import { expect, test } from 'vitest';
import { fateOf, type Fate, type TaskRun } from './fate.ts';

const run = (rest: Partial<TaskRun>): TaskRun => ({
  id: 'run_x',
  status: 'QUEUED',
  output: null,
  error: null,
  ...rest,
});
const lost = (reason: string): Fate => ({ kind: 'lost', reason });

test.each<[string, Partial<TaskRun>, Fate]>([
  ['queued', { status: 'QUEUED' }, { kind: 'under way' }],
  ['on its way to a machine', { status: 'DEQUEUED' }, { kind: 'under way' }],
  ['at work', { status: 'EXECUTING' }, { kind: 'under way' }],
  ['delayed', { status: 'DELAYED' }, { kind: 'under way' }],
  ['without a version to run', { status: 'PENDING_VERSION' }, { kind: 'undeployed' }],
  ['suspended', { status: 'WAITING' }, { kind: 'waiting' }],
  ['done', { status: 'COMPLETED', output: { left: null } }, { kind: 'ended' }],
  ['done, and left', { status: 'COMPLETED', output: { left: 'fenced' } }, lost('fenced')],
  [
    'done by some other task',
    { status: 'COMPLETED', output: 7 },
    lost('its task ended with something that is no outcome'),
  ],
  ['crashed', { status: 'CRASHED', error: 'OOM' }, lost('Trigger.dev: CRASHED, often for want of memory: OOM')],
  ['too slow', { status: 'TIMED_OUT' }, lost('Trigger.dev: TIMED_OUT, it took longer than its maxDuration')],
  ['never begun', { status: 'EXPIRED' }, lost('Trigger.dev: EXPIRED, no machine began with it in time')],
  ['broken', { status: 'SYSTEM_FAILURE' }, lost('Trigger.dev: SYSTEM_FAILURE')],
  ['cancelled', { status: 'CANCELED' }, lost('Trigger.dev: CANCELED, and not by Longhaul')],
  ['failed at length', { status: 'FAILED', error: 'x'.repeat(600) }, lost(`Trigger.dev: FAILED: ${'x'.repeat(499)}…`)],
])('a task run that is %s', (_, given, expected) => {
  expect(fateOf(run(given))).toEqual(expected);
});
