import { expect, test } from 'vitest';
import type { DecisionRequest } from '../../decision/decision.ts';
import type { EventBody } from '../events.ts';
import { headline } from './moment.ts';
import { standingVerification, superseded } from './story.ts';
import { created, finished, followed, judged, leased } from './fixture.ts';

test('a call is one moment, from its judgement to its output', () => {
  const { story } = followed([
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
  expect(story.moments).toEqual([
    {
      key: 'event 1',
      round: 1,
      at: '2026-01-01T00:00:00.000Z',
      mark: 'note',
      text: 'Delegated by ada',
      said: '',
      detail: '',
      parts: [],
      blob: null,
      about: { kind: 'delegation' },
    },
    {
      key: 'call 2',
      round: 1,
      at: '2026-01-01T00:00:01.000Z',
      mark: 'bad',
      text: 'bash npm test',
      said: '',
      detail: 'exit 1 · 2.3 s · attempt 2',
      parts: [
        { label: 'Arguments', text: '"command": "npm test"\n"timeoutSeconds": null\n"network": null' },
        { label: 'Output', text: '1 failed' },
      ],
      blob: null,
      about: {
        kind: 'call',
        call: {
          number: 1,
          id: 'call_1',
          turn: 0,
          tool: 'bash',
          arguments: { command: 'npm test', timeoutSeconds: null, network: null },
          verdict: 'allow',
          reason: '',
          attempts: 2,
          startedAt: '2026-01-01T00:00:02.000Z',
          finished: {
            outcome: 'ok',
            output: '\u001b[31m1 failed\u001b[0m',
            outputBlob: null,
            exitCode: 1,
            durationMs: 2_300,
            refusedHosts: [],
            reachedHosts: [],
          },
        },
      },
    },
  ]);
  expect(story.call('call_1')).toBe(story.moments[1]);
});

test('what a turn cost is never shown as nothing when it is not known', () => {
  const turn = (usd: number | null) =>
    followed([
      created('Fix it'),
      ...leased,
      { type: 'turn.taken', v: 2, oddities: [], turn: 1, attempt: 1, model: 'm', items: [], usage: null, cost: usd },
    ]).story.moments.at(-1)!.detail;
  expect(turn(null)).toBe('tokens unknown · cost unknown');
  expect(turn(0.5)).toBe('tokens unknown · $0.50');
});

test('two calls of one id are two moments: the later one is meant', () => {
  const args = { path: 'a', from: null, lines: null };
  const { story } = followed([
    created('Fix it'),
    judged('c', 'read', args),
    finished('c', 'one', null),
    judged('c', 'read', args),
    finished('c', 'two', null),
  ]);
  expect(story.moments.slice(1).map(({ parts }) => parts.at(-1)?.text)).toEqual(['one', 'two']);
  expect(story.call('c')?.about.call).toMatchObject({ number: 2, id: 'c', tool: 'read' });
});

const request: DecisionRequest = {
  id: 'dec_1',
  kind: 'retry',
  requester: { turn: 1, call: 'c' },
  action: 'Go on',
  tool: null,
  arguments: {},
  tree: null,
  hash: 'ab'.repeat(32),
  reason: 'It failed',
  consequence: 'It goes on',
  expiresAt: '2026-01-04T00:00:00.000Z',
  onExpiry: 'It stays parked',
  choices: [],
};
const requested = (id = 'dec_1'): EventBody => ({ type: 'decision.requested', v: 3, request: { ...request, id } });

test.each([
  ['while nobody has decided', [], { mark: 'busy', detail: 'waits' }],
  [
    'that expired',
    [{ type: 'decision.expired', v: 1, decision: 'dec_1' }],
    { mark: 'warning', detail: 'expired undecided' },
  ],
  [
    'that is asked again',
    [
      { type: 'decision.expired', v: 1, decision: 'dec_1' },
      { type: 'decision.renewed', v: 1, decision: 'dec_1', expiresAt: '2026-02-01T00:00:00.000Z', by: 'person:ada' },
    ],
    { mark: 'busy', detail: 'asked again by ada' },
  ],
  [
    'that was made',
    [
      {
        type: 'decision.made',
        v: 1,
        decision: 'dec_1',
        hash: request.hash,
        verdict: { kind: 'rejected', reason: 'no' },
        by: 'person:ada',
      },
    ],
    { mark: 'bad', detail: 'rejected (no) by ada' },
  ],
  ['that was asked anew', [requested('dec_2')], { mark: 'warning', detail: 'withdrawn: it was asked anew' }],
  [
    'of a run that was cancelled',
    [{ type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' }],
    { mark: 'warning', detail: 'void: the run ended first' },
  ],
  [
    'of a run that goes on',
    [
      { type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' },
      { type: 'run.resumed', v: 1, by: 'person:ada' },
    ],
    { mark: 'busy', detail: 'waits' },
  ],
] satisfies [string, EventBody[], object][])('a decision %s says so', (_, more, shown) => {
  const { story } = followed([created('Fix it'), requested(), ...more]);
  expect(story.find('decision dec_1')).toMatchObject({ text: 'Asked: Go on', ...shown });
});

test('a call whose worker is gone is not under way, until it is started again', () => {
  const bash = { command: 'npm test', timeoutSeconds: null, network: null };
  const start = (attempt: number): EventBody => ({
    type: 'call.started',
    v: 1,
    call: 'call_1',
    attempt,
    arguments: bash,
  });
  const lost: EventBody = {
    type: 'activation.lost',
    v: 2,
    activation: 'act_test1',
    reason: 'killed',
    leaseUntil: null,
  };
  const cancelled: EventBody = { type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' };
  const call = (...more: readonly EventBody[]) =>
    followed([created('Fix it'), judged('call_1', 'bash', bash), ...more]).story.call('call_1');
  expect(call(start(1), lost)).toMatchObject({ mark: 'warning', detail: 'interrupted' });
  expect(call(start(1), lost, start(2))).toMatchObject({ mark: 'busy', detail: 'attempt 2' });
  expect(call(start(1), cancelled)).toMatchObject({ mark: 'warning', detail: 'interrupted' });
  expect(call(cancelled)).toMatchObject({ mark: 'note', detail: 'not run' });
});

const verified: EventBody = {
  type: 'verification.finished',
  v: 2,
  index: 0,
  command: 'npm test',
  outcome: 'exited',
  exitCode: 0,
  output: '',
  outputBlob: null,
  durationMs: 1,
  refusedHosts: [],
  reachedHosts: [],
  setup: 'offline',
};

test('how many changed lines verification ran is told as far as it is known, and kept with the check', () => {
  const counted = (run: number, missed: number, blob = 'a'.repeat(64)): EventBody => ({
    type: 'verification.counted',
    v: 1,
    index: 0,
    command: 'npm\u001b[2J test',
    blob,
    run,
    missed,
  });
  const told = (run: number, missed: number) =>
    followed([created('Fix it'), verified, counted(run, missed)]).story.moments.at(-1);
  expect(told(12, 2)).toMatchObject({ mark: 'note', text: 'npm test ran 12 of 14 changed lines' });
  expect(told(1, 0)).toMatchObject({ mark: 'note', text: 'npm test ran 1 changed line' });
  expect(told(0, 3)).toMatchObject({ mark: 'warning', text: 'npm test ran none of 3 changed lines' });
  const { state } = followed([created('Fix it'), verified, { ...verified, index: 1 }, counted(1, 0)]);
  expect(state.verification.map(({ coverage }) => coverage)).toEqual(['a'.repeat(64), null]);
});

test('verification that the agent went on from shows nothing any more', () => {
  const { story } = followed([
    created('Fix it'),
    verified,
    { type: 'repair.requested', v: 1, repair: 1 },
    verified,
    { ...verified, index: 1 },
  ]);
  expect([...superseded(story.moments)]).toEqual(['event 2']);
  expect(standingVerification(story).map(({ key }) => key)).toEqual(['event 4', 'event 5']);
});

test('verification of an earlier round is not that of this one', () => {
  const changes: EventBody = {
    type: 'review.decided',
    v: 3,
    merge: null,
    from: 'person',
    by: 'person:ada',
    verdict: 'changes',
    reason: '',
    comments: [],
  };
  const { story } = followed([created('Fix it'), verified, changes]);
  expect([standingVerification(story), superseded(story.moments).size]).toEqual([[], 0]);
});

test('what somebody said stands in a headline as far as it fits, and whole beside it', () => {
  const text = `One\n${'x'.repeat(300)}`;
  const { story } = followed([created('Fix it'), { type: 'message.sent', v: 1, by: 'person:ada', text }]);
  const [, moment] = story.moments;
  if (moment === undefined) throw new Error('the message is told');
  expect(headline(moment)).toBe(`ada: One ${'x'.repeat(196)}…`);
  expect(moment).toMatchObject({ said: text, parts: [{ label: 'Text', text }] });
});

test('an event of a newer runner says nothing and breaks nothing', () => {
  // safe: what a newer runner sends has a type that is not known here
  const { story } = followed([created('Fix it'), { type: 'constructor', v: 9 } as never]);
  expect(story.moments).toHaveLength(1);
});

test.each([
  [
    'a verdict',
    {
      type: 'review.decided',
      v: 3,
      merge: null,
      by: 'person:ada',
      from: 'person',
      verdict: 'accepted',
      reason: '',
      comments: [],
    },
  ],
  ['the run’s end', { type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' }],
] satisfies readonly (readonly [string, EventBody])[])('%s ends what was asked about publishing', (_, end) => {
  const about: EventBody = {
    type: 'decision.requested',
    v: 3,
    request: {
      ...request,
      id: 'dec_9',
      kind: 'publish',
      requester: { turn: 1, call: null },
      arguments: {
        round: 1,
        patch: 'c'.repeat(64),
        effects: [
          { kind: 'labels', remote: 'https://github.com/acme/shop', on: { kind: 'issue', number: 3 }, labels: ['bug'] },
        ],
        secrets: [],
      },
    },
  };
  const { story } = followed([created('Fix it'), ...leased, about, end]);
  const moment = story.find('decision dec_9');
  expect(moment?.detail).toBe('withdrawn: the result was published or judged otherwise');
  expect(moment?.parts.map(({ label }) => label)).toEqual(['Why', 'Remote', 'As', 'Labels', 'Hash']);
});
