import { expect, test } from 'vitest';
import { created, finished, followed, judged, leased } from './fixture.ts';

test('a call is one moment, from its judgement to its output', () => {
  const { timeline } = followed([
    created('Fix it'),
    judged('call_1', 'bash', { command: 'npm test', timeoutSeconds: null, network: null }),
    {
      type: 'call.started',
      v: 1,
      call: 'call_1',
      attempt: 2,
      arguments: { command: 'npm test', timeoutSeconds: null, network: null },
    },
    finished('call_1', '\u001b[31m1 failed\u001b[0m', 1),
  ]);
  expect(timeline.moments).toEqual([
    {
      key: 'event 1',
      topic: 'run',
      round: 1,
      at: '2026-01-01T00:00:00.000Z',
      mark: 'note',
      text: 'Delegated by ada',
      detail: '',
      parts: [],
      blob: null,
      call: null,
    },
    {
      key: 'call 2',
      topic: 'call',
      round: 1,
      at: '2026-01-01T00:00:01.000Z',
      mark: 'bad',
      text: 'bash npm test',
      detail: 'exit 1 · 2.3 s · attempt 2',
      parts: [
        { label: 'Arguments', text: '"command": "npm test"\n"timeoutSeconds": null\n"network": null' },
        { label: 'Output', text: '1 failed' },
      ],
      blob: null,
      call: { number: 1, id: 'call_1', tool: 'bash' },
    },
  ]);
  expect(timeline.call('call_1')).toBe(timeline.moments[1]);
});

test('what a turn cost is never shown as nothing when it is not known', () => {
  const turn = (usd: number | null) =>
    followed([
      created('Fix it'),
      ...leased,
      { type: 'turn.taken', v: 2, oddities: [], turn: 1, attempt: 1, model: 'm', items: [], usage: null, cost: usd },
    ]).timeline.moments.at(-1)!.detail;
  expect(turn(null)).toBe('tokens unknown · cost unknown');
  expect(turn(0.5)).toBe('tokens unknown · $0.50');
});

test('two calls of one id are two moments: the later one is meant', () => {
  const args = { path: 'a', from: null, lines: null };
  const { timeline } = followed([
    created('Fix it'),
    judged('c', 'read', args),
    finished('c', 'one', null),
    judged('c', 'read', args),
    finished('c', 'two', null),
  ]);
  expect(timeline.moments.slice(1).map(({ parts }) => parts.at(-1)?.text)).toEqual(['one', 'two']);
  expect(timeline.call('c')?.call).toEqual({ number: 2, id: 'c', tool: 'read' });
});
