import { expect, test } from 'vitest';
import { someTask } from '../../test/fakes/task.ts';
import { upgraded } from './earlier-versions.ts';
import { controlEvents, EventBody, workerEvents } from './events.ts';

test('a body goes through every version up to the current one', () => {
  const steps = {
    'a.b 1': (body: object) => ({ ...body, v: 2, more: null }),
    'a.b 2': (body: object) => ({ ...body, v: 3, list: [] }),
  };
  expect(upgraded({ type: 'a.b', v: 1, kept: 'yes' }, steps)).toEqual({
    type: 'a.b',
    v: 3,
    kept: 'yes',
    more: null,
    list: [],
  });
  expect(upgraded({ type: 'a.c', v: 1 }, steps)).toEqual({ type: 'a.c', v: 1 });
});

test.each([...controlEvents, ...workerEvents].map(({ shape }) => [shape.type.value, shape.v.value] as const))(
  'an event %s of each version up to %d is read as one of that',
  (type, current) => {
    for (let v = 1; v <= current; v += 1) expect(upgraded({ type, v })).toMatchObject({ type, v: current });
  },
);

const head = 'a'.repeat(40);
const checks = { passed: 0, failed: 1, pending: 0, failing: ['build'] };
const pullRequest = {
  kind: 'pull request',
  remote: 'https://git.example.org/a.git',
  branch: 'longhaul/1-mend',
  into: 'main',
  title: 'Mend',
  body: 'd'.repeat(64),
  draft: true,
};

test.each([
  { type: 'review.decided', v: 1, by: 'person:ada', verdict: 'changes', reason: '', comments: [] },
  { type: 'effect.requested', v: 1, key: '1 pull request', effect: pullRequest, by: 'person:ada' },
  {
    type: 'effect.requested',
    v: 1,
    key: '1 branch',
    effect: {
      kind: 'branch',
      remote: pullRequest.remote,
      branch: 'b',
      base: head,
      onTop: null,
      patch: 'd'.repeat(64),
      message: 'm',
    },
    by: 'person:ada',
  },
  {
    type: 'effect.seen',
    v: 1,
    key: '1 pull request',
    seen: { state: 'open', by: null, head, checks, approvedBy: [], changesRequestedBy: [], reviewed: 7 },
  },
])('what was written of publishing before is a body of today: $type $key', (body) => {
  expect(EventBody.safeParse(upgraded(body)).error).toBeUndefined();
});

test('a task from before there were other results wants a diff, and is about nothing in particular', () => {
  const { output, subject, asked, ...before } = someTask();
  expect(EventBody.parse(upgraded({ type: 'run.created', v: 3, number: 1, task: before }))).toEqual({
    type: 'run.created',
    v: 5,
    number: 1,
    task: { ...before, output, subject, asked },
  });
  expect([output, subject, asked]).toEqual([{ kind: 'diff' }, null, null]);
});
