import { describe, expect, test } from 'vitest';
import { fold } from '../../../shared/run/reduce.ts';
import type { EventBody, RunEvent } from '../../../shared/run/events.ts';
import { eventAt } from '../../fakes/event.ts';
import { someTask } from '../../fakes/task.ts';
import { count } from './count.ts';

const started = (call: string, command: string): EventBody => ({
  type: 'call.started',
  v: 1,
  call,
  attempt: 1,
  arguments: { command },
});

const finished = (call: string, exitCode: number | null): EventBody => ({
  type: 'call.finished',
  v: 2,
  call,
  outcome: exitCode === 0 ? 'ok' : 'error',
  output: '',
  outputBlob: null,
  exitCode,
  durationMs: 1,
  fingerprint: 'f',
  checkpoint: null,
  refusedHosts: [],
  reachedHosts: [],
});

const patchOf = (files: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries({ 'setup.txt': ['setup'], ...files })
    .map(([file, lines]) => [`diff --git a/${file} b/${file}`, `+++ b/${file}`, ...lines.map((line) => `+${line}`)])
    .flat()
    .join('\n');

const counted = (
  bodies: readonly EventBody[],
  files: Parameters<typeof patchOf>[0],
  requests: readonly string[] = [],
) => {
  const created: EventBody = { type: 'run.created', v: 5, number: 1, task: someTask() };
  const events = [created, setUp(0), ...bodies].map((body, index): RunEvent => ({ ...eventAt(index + 1), body }));
  const state = fold(events)!;
  const { lost, twice } = count({ state, events, patch: patchOf(files) }, { token: 'k1', requests });
  return { lost, twice };
};

const setUp = (exitCode: number | null): EventBody => ({
  type: 'setup.finished',
  v: 2,
  index: 0,
  command: 'set up',
  outcome: exitCode === null ? 'cancelled' : 'exited',
  exitCode,
  output: '',
  outputBlob: null,
  durationMs: 1,
  refusedHosts: [],
  reachedHosts: [],
});

const approved = (decision: string): readonly EventBody[] => [
  {
    type: 'decision.requested',
    v: 3,
    request: {
      id: decision,
      kind: 'call',
      requester: { turn: 1, call: 'a' },
      action: 'Send it.',
      tool: 'bash',
      arguments: {},
      tree: null,
      hash: '0'.repeat(64),
      reason: '',
      consequence: '',
      expiresAt: '2026-03-05T12:00:00.000Z',
      onExpiry: '',
      choices: [],
    },
  },
  {
    type: 'decision.made',
    v: 1,
    decision,
    hash: '0'.repeat(64),
    verdict: { kind: 'approved', arguments: null },
    by: 'person:ada',
  },
];
const begun = started('a', 'curl http://outside/k1/one');
const send = [...approved('dec_1'), begun];
const sendAgain = [...send, ...approved('dec_2'), begun];
const write = started('a', 'echo first >> journal.txt');
const hide = started('a', 'echo one >> ignored/journal.log');
const show = [started('b', 'cat ignored/journal.log > seen.txt'), finished('b', 0)];

describe('what is counted', () => {
  const right = { lost: [], twice: [] };
  const seen = { 'seen.txt': ['setup', 'one'] };

  test.each([
    ['a request that came as often as it was begun', [...send, finished('a', 0)], {}, ['/k1/one'], right],
    ['one that is on record and did not come', [...send, finished('a', 0)], {}, [], { lost: ['/k1/one'], twice: [] }],
    [
      'one that came once more',
      [...send, finished('a', 0)],
      {},
      ['/k1/one', '/k1/one'],
      { lost: [], twice: ['/k1/one'] },
    ],
    ['one that was begun twice, and came twice', [...sendAgain, finished('a', 0)], {}, ['/k1/one', '/k1/one'], right],
    [
      'one that was begun twice, and approved once',
      [...send, begun, finished('a', 0)],
      {},
      ['/k1/one', '/k1/one'],
      { lost: [], twice: ['/k1/one'] },
    ],
    ['one that nobody began', [], {}, ['/k1/one'], { lost: [], twice: ['/k1/one'] }],
    ['one of another run', [], {}, ['/k11/one'], right],
    ['a line that was written', [write, finished('a', 0)], { 'journal.txt': ['first'] }, [], right],
    ['a line that is gone', [write, finished('a', 0)], {}, [], { lost: ['journal.txt: first'], twice: [] }],
    [
      'a line that came twice',
      [write, finished('a', 0)],
      { 'journal.txt': ['first', 'first'] },
      [],
      { lost: [], twice: ['journal.txt: first'] },
    ],
    ['a line that was taken back', [write, finished('a', null)], {}, [], right],
    [
      'a line that was not',
      [write, finished('a', null)],
      { 'journal.txt': ['first'] },
      [],
      { lost: [], twice: ['journal.txt: first'] },
    ],
    ['an ignored line', [hide, finished('a', 0), ...show], seen, [], right],
    ['an ignored line that was not shown yet', [...show, hide, finished('a', 0)], { 'seen.txt': ['setup'] }, [], right],
    [
      'an ignored line that is gone',
      [hide, finished('a', 0), ...show],
      { 'seen.txt': ['setup'] },
      [],
      { lost: ['seen.txt: one'], twice: [] },
    ],
    [
      'what a child that was left wrote later',
      [write, finished('a', 0)],
      { 'journal.txt': ['first', 'orphan'] },
      [],
      { lost: [], twice: ['journal.txt: orphan'] },
    ],
    [
      'a setup that was done on top of another',
      [],
      { 'setup.txt': ['setup', 'setup'] },
      [],
      { lost: [], twice: ['setup.txt: setup'] },
    ],
  ] as const)('%s', (...[, bodies, files, requests, expected]) => {
    expect(counted(bodies, files, requests)).toEqual(expected);
  });
});
