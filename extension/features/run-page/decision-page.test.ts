import { expect, test } from 'vitest';
import type { DecisionRequest } from '../../../shared/decision/decision.ts';
import type { EventBody } from '../../../shared/run/events.ts';
import { decisionPage } from './decision-page.ts';
import { began, created, followed, leased } from '../../../shared/run/story/fixture.ts';
import { localTime } from '../../ground/text/local-time.ts';

const request: DecisionRequest = {
  id: 'dec_test1',
  kind: 'call',
  requester: { turn: 2, call: 'call_1' },
  action: 'Run npm install\u202e',
  tool: 'bash',
  arguments: { command: 'npm install\nrm -rf x', network: ['packages.host.test'] },
  tree: null,
  hash: 'ab'.repeat(32),
  reason: 'It needs <b>left-pad</b>',
  consequence: 'It runs',
  expiresAt: '2026-01-04T00:00:00.000Z',
  onExpiry: 'The run stays parked',
  choices: [],
};

const asked = (more: readonly EventBody[] = []) =>
  followed([created('Fix it'), ...leased, { type: 'decision.requested', v: 3, request }, ...more]);

const pageOf = (more: readonly EventBody[] = [], whole = true, kind: DecisionRequest['kind'] = 'call') =>
  decisionPage({
    ...asked(more),
    decision: request.id,
    request: { ...request, kind },
    whole,
    there: { kind: 'other' },
    publication: null,
    now: began + 60_000,
  });

const buttonsOf = (page: ReturnType<typeof pageOf>): readonly string[] =>
  page.sections
    .filter(({ id }) => id === 'ask')
    .flatMap(({ items }) => items.flatMap((item) => (item.kind === 'buttons' ? item.buttons.map(({ id }) => id) : [])));

test('what is asked stands there exactly, and what would deceive by its name', () => {
  expect(pageOf().sections[0]).toEqual({
    id: 'ask',
    title: 'What is asked',
    items: [
      { key: 'action', kind: 'text', text: 'Run npm install<U+202E>', tone: 'plain' },
      {
        key: 'facts',
        kind: 'facts',
        facts: [
          { label: 'Status', text: `waits; 2 d left, until ${localTime('2026-01-04T00:00:00.000Z')}` },
          { label: 'Asked by', text: 'the agent, in turn 2' },
          { label: 'Why', text: 'It needs <b>left-pad</b>' },
          { label: 'If approved', text: 'It runs' },
          { label: 'If nobody decides', text: 'The run stays parked' },
          { label: 'Hash', text: 'ab'.repeat(32) },
        ],
      },
      {
        key: 'arguments',
        kind: 'code',
        label: 'Exactly, for the tool bash',
        text: '"command": 2 lines, no line end after the last\n  | npm install\n  | rm -rf x\n"network": ["packages.host.test"]',
      },
      {
        key: 'decide',
        kind: 'buttons',
        buttons: ['longhaul.approve', 'longhaul.editAndApprove', 'longhaul.reject', 'longhaul.openRun'].map(
          (command, index) => ({
            id: command,
            label: ['Approve…', 'Edit and Approve…', 'Reject…', 'Open Run'][index],
            primary: index === 0,
            action: { command, argument: { run: 'run_test1', decision: 'dec_test1', hash: 'ab'.repeat(32) } },
          }),
        ),
      },
    ],
  });
});

test('goal, plan, changes, tests, calls and cost are in the same place', () => {
  expect(pageOf().sections.map(({ title }) => title)).toEqual([
    'What is asked',
    'Goal',
    'Changes so far',
    'Tests so far',
    'Cost so far: $0',
  ]);
});

test('what has changed stands there as it was saved, with its patch and its diff at hand', () => {
  const saved: EventBody = {
    type: 'changes.saved',
    v: 1,
    head: { commit: 'a'.repeat(40), tree: 'b'.repeat(40) },
    changes: 'c'.repeat(64),
    patch: 'd'.repeat(64),
    files: 2,
    additions: 8,
    deletions: 4,
  };
  const { story } = asked([saved]);
  expect(story.moments.at(-1)).toMatchObject({ about: { kind: 'changes' }, blob: 'd'.repeat(64) });
  expect(pageOf([saved]).sections.find(({ id }) => id === 'diff')?.items).toMatchObject([
    { kind: 'entry', text: 'Changed so far', detail: '2 files, +8 −4', more: true, open: true },
    {
      buttons: [
        { label: 'Open Diff', action: { command: 'longhaul.openChangesSoFar', argument: { run: 'run_test1' } } },
      ],
    },
  ]);
});

test('what can be done follows from how the decision stands', () => {
  expect(buttonsOf(pageOf([], true, 'question'))).toEqual(['longhaul.answer', 'longhaul.reject', 'longhaul.openRun']);
  expect(buttonsOf(pageOf([], true, 'retry'))).toEqual(['longhaul.approve', 'longhaul.reject', 'longhaul.openRun']);
  expect(buttonsOf(pageOf([{ type: 'decision.expired', v: 1, decision: request.id }]))).toEqual([
    'longhaul.renew',
    'longhaul.openRun',
  ]);
  const made: EventBody = {
    type: 'decision.made',
    v: 1,
    decision: request.id,
    hash: request.hash,
    verdict: { kind: 'rejected', reason: 'no' },
    by: 'person:ada',
  };
  expect(buttonsOf(pageOf([made]))).toEqual(['longhaul.openRun']);
  expect(buttonsOf(pageOf([{ type: 'run.cancelled', v: 1, by: 'person:ada', reason: '' }]))).toEqual([
    'longhaul.openRun',
  ]);
});

test('the answers to a question are called by what they come to', () => {
  const labels = (kind: DecisionRequest['kind'], more: readonly EventBody[] = [], call: string | null = null) => {
    const of = { ...request, kind, requester: { turn: 2, call } };
    return decisionPage({
      ...asked(more),
      decision: request.id,
      request: of,
      whole: true,
      there: { kind: 'other' },
      publication: null,
      now: began,
    })
      .sections[0]?.items.flatMap((item) => (item.kind === 'buttons' ? item.buttons.map(({ label }) => label) : []))
      .filter((label) => label !== 'Open Run');
  };
  expect(labels('budget')).toEqual(['Raise Limit…', 'Edit and Approve…', 'Stop Here…']);
  expect(labels('retry', [], 'call_1')).toEqual(['Run Once More…', 'Leave It…']);
  expect(labels('retry')).toEqual(['Try Again…', 'Give Up…']);
  const started: EventBody = { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' };
  const refused: EventBody = {
    type: 'model.failed',
    v: 1,
    turn: 1,
    attempt: 1,
    trouble: { code: 'auth', message: 'The key was refused.', retryable: false, status: 401 },
    retryAt: null,
    resume: null,
    usage: null,
    cost: null,
  };
  const waits: EventBody = { type: 'run.paused', v: 1, decision: request.id };
  expect(labels('retry', [started, refused, waits])).toEqual(['Set Model Key', 'Try Again…', 'Give Up…']);
});

test('nobody is offered to decide on what does not match its hash', () => {
  const page = pageOf([], false);
  expect(buttonsOf(page)).toEqual(['longhaul.openRun']);
  expect(page.sections[0]?.items.find(({ key }) => key === 'broken')).toEqual({
    key: 'broken',
    kind: 'text',
    text: "The hash does not match what is asked. Do not decide on it; look into the runner's log.",
    tone: 'bad',
  });
});
