import { describe, expect, test } from 'vitest';
import { nothingSpent } from '../../shared/run/budget.ts';
import type { Call, RunState, Turn } from '../../shared/run/state.ts';
import type { DecisionRequest, OpenDecision } from '../../shared/decision/decision.ts';
import { someTask } from '../../test/fakes/task.ts';
import { next } from './next.ts';

const at = '2026-01-01T00:00:00.000Z';
const now = Date.parse(at);
const tree = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };

const working = (different: object = {}): RunState => ({
  id: 'run_test',
  number: 1,
  task: someTask(),
  createdAt: at,
  updatedAt: at,
  seq: 5,
  round: 1,
  fence: 1,
  losses: 0,
  prepared: true,
  base: tree,
  head: tree,
  bundles: [],
  setup: [],
  turn: null,
  contextTokens: null,
  compactedThrough: 0,
  budget: someTask().budget,
  spent: nothingSpent,
  plan: [],
  decisions: {},
  repetition: null,
  idleTurns: 0,
  report: null,
  wrapUp: null,
  givenUp: null,
  verification: [],
  newSetup: null,
  repairs: 0,
  soFar: null,
  result: null,
  reviewMs: null,
  leasedAt: at,
  status: 'working',
  activation: 'act_test1',
  since: at,
  ...different,
});

const call = (different: Partial<Call> = {}): Call => ({
  id: 'call_1',
  tool: 'bash',
  arguments: { command: 'ls' },
  verdict: 'allow',
  reason: 'fine',
  network: [],
  repeatable: false,
  decision: null,
  attempt: 0,
  running: false,
  finished: false,
  ...different,
});
const curl = { command: 'curl a.org', timeoutSeconds: null, network: ['a.org'] };
/** A command that may reach a host. */
const online = (different: Partial<Call> = {}): Call => call({ arguments: curl, network: ['a.org'], ...different });
const taken = (...calls: Call[]): Turn => ({ phase: 'taken', number: 3, calls, refusal: null });
const failed = (different: object = {}): Turn => ({
  phase: 'failed',
  number: 3,
  attempt: 1,
  purpose: 'turn',
  retryAt: at,
  responseId: null,
  trouble: { code: 'server', message: 'It broke.', retryable: true, status: 500 },
  ...different,
});

const request = (different: Partial<DecisionRequest> = {}): DecisionRequest => ({
  id: 'dec_test1',
  kind: 'call',
  requester: { turn: 3, call: 'call_1' },
  action: 'Run ls',
  tool: 'bash',
  arguments: { command: 'ls' },
  hash: 'c'.repeat(64),
  reason: '',
  consequence: '',
  expiresAt: at,
  onExpiry: '',
  choices: [],
  ...different,
});
const pending = (different: Partial<DecisionRequest> = {}): Record<string, OpenDecision> => ({
  dec_test1: { status: 'pending', request: request(different) },
});
const decided = (
  verdict: Extract<OpenDecision, { status: 'decided' }>['verdict'],
  different: Partial<DecisionRequest> = {},
): Record<string, OpenDecision> => ({
  dec_test1: { status: 'decided', request: request(different), verdict, by: 'person:ada' },
});

const ran = { index: 0, command: 'npm test', outcome: 'exited', durationMs: 1 } as const;
const verified = someTask({ verification: [{ command: 'npm test', network: [], timeoutSeconds: 60 }] });
const report = { summary: 'Done.', claims: [] };
const step = (state: RunState) => next(state, now, { contextWindow: null });

describe('what comes next', () => {
  test.each<[string, object, object]>([
    ['prepares first', { prepared: false }, { do: 'prepare' }],
    [
      'sets up before the first turn',
      { task: someTask({ setup: [{ command: 'npm ci', network: [], timeoutSeconds: 60 }] }) },
      { do: 'setup', index: 0 },
    ],
    ['takes the first turn', {}, { do: 'turn', turn: 1, attempt: 1, responseId: null }],
    [
      'takes another turn when all calls are finished',
      { turn: taken(call({ finished: true })) },
      { do: 'turn', turn: 4, attempt: 1, responseId: null },
    ],
    [
      'writes off a model call that nobody is waiting for',
      { turn: { phase: 'asking', number: 3, attempt: 2, purpose: 'turn', responseId: null } },
      { do: 'write off', turn: 3, attempt: 2 },
    ],
    [
      'goes on with a background response',
      { turn: { phase: 'asking', number: 3, attempt: 2, purpose: 'turn', responseId: 'resp_1' } },
      { do: 'turn', turn: 3, attempt: 2, responseId: 'resp_1' },
    ],
    [
      'tries a failed model call again when its time has come',
      { turn: failed() },
      { do: 'turn', turn: 3, attempt: 2, responseId: null },
    ],
    [
      'sleeps through a short back-off',
      { turn: failed({ retryAt: '2026-01-01T00:00:02.000Z' }) },
      { do: 'sleep', until: '2026-01-01T00:00:02.000Z' },
    ],
    [
      'parks for a long one',
      { turn: failed({ retryAt: '2026-01-01T00:05:00.000Z' }) },
      { do: 'park', until: { kind: 'time', at: '2026-01-01T00:05:00.000Z' } },
    ],
    [
      'asks a person where trying again would not help',
      { turn: failed({ retryAt: null }) },
      { do: 'ask', question: { about: 'model', message: 'It broke.', refusal: false } },
    ],
    [
      'asks a person when the model refuses',
      { turn: { phase: 'taken', number: 3, calls: [], refusal: 'No.' } },
      { do: 'ask', question: { about: 'model', message: 'No.', refusal: true } },
    ],
    [
      'sums up when the model says the context is too long',
      {
        turn: failed({
          retryAt: null,
          trouble: { code: 'context_length', message: '', retryable: false, status: 400 },
        }),
      },
      { do: 'compact', turn: 3, attempt: 2 },
    ],
    [
      'sums up before the context is too long',
      { turn: taken(), contextTokens: 120_000 },
      { do: 'compact', turn: 4, attempt: 1 },
    ],
    [
      'runs the first call that is not finished',
      { turn: taken(call({ finished: true, id: 'call_0' }), call()) },
      { do: 'call', call: call(), arguments: { command: 'ls' }, attempt: 1, restore: false },
    ],
    [
      'restores the tree before it runs a changing call again',
      { turn: taken(call({ running: true, attempt: 1 })) },
      {
        do: 'call',
        call: call({ running: true, attempt: 1 }),
        arguments: { command: 'ls' },
        attempt: 2,
        restore: true,
      },
    ],
    [
      'just repeats a call that reads',
      { turn: taken(call({ tool: 'read', running: true, attempt: 1 })) },
      {
        do: 'call',
        call: call({ tool: 'read', running: true, attempt: 1 }),
        arguments: { command: 'ls' },
        attempt: 2,
        restore: false,
      },
    ],
    [
      'asks before it repeats a command that had network',
      { turn: taken(online({ running: true, attempt: 1 })) },
      { do: 'ask', question: { about: 'interrupted', call: online({ running: true, attempt: 1 }) } },
    ],
    [
      'asks about what ran, where a person had edited it',
      {
        turn: taken(call({ verdict: 'ask', decision: 'dec_test1', running: true, attempt: 1 })),
        decisions: decided({ kind: 'approved', arguments: curl }),
      },
      {
        do: 'ask',
        question: {
          about: 'interrupted',
          call: online({ verdict: 'ask', decision: 'dec_test1', running: true, attempt: 1 }),
        },
      },
    ],
    [
      'does not ask where repeating does no harm',
      { turn: taken(online({ repeatable: true, running: true, attempt: 1 })) },
      {
        do: 'call',
        call: online({ repeatable: true, running: true, attempt: 1 }),
        arguments: curl,
        attempt: 2,
        restore: true,
      },
    ],
    [
      'tells the model what policy denies',
      { turn: taken(call({ verdict: 'deny', reason: 'Never.' })) },
      {
        do: 'conclude',
        call: call({ verdict: 'deny', reason: 'Never.' }),
        outcome: 'denied',
        output: 'Policy denies this call: Never. Do without it.',
      },
    ],
    [
      'never runs what nobody approved',
      { turn: taken(call({ verdict: 'ask' })) },
      { do: 'conclude', call: call({ verdict: 'ask' }), outcome: 'denied', output: 'Nobody approved this call.' },
    ],
    [
      'waits for a decision',
      { turn: taken(call({ verdict: 'ask', decision: 'dec_test1' })), decisions: pending() },
      { do: 'park', until: { kind: 'decision', decision: 'dec_test1' } },
    ],
    [
      'runs what was approved, with the edits of the person who approved it',
      {
        turn: taken(call({ verdict: 'ask', decision: 'dec_test1' })),
        decisions: decided({ kind: 'approved', arguments: { command: 'ls -l' } }),
      },
      {
        do: 'call',
        call: call({ verdict: 'ask', decision: 'dec_test1' }),
        arguments: { command: 'ls -l' },
        attempt: 1,
        restore: false,
      },
    ],
    [
      'tells the model why it was rejected',
      {
        turn: taken(call({ verdict: 'ask', decision: 'dec_test1' })),
        decisions: decided({ kind: 'rejected', reason: 'no' }),
      },
      {
        do: 'conclude',
        call: call({ verdict: 'ask', decision: 'dec_test1' }),
        outcome: 'rejected',
        output: 'A person rejected this call: no',
      },
    ],
    [
      'gives the model the answer to its question',
      {
        turn: taken(call({ tool: 'ask', verdict: 'ask', decision: 'dec_test1' })),
        decisions: decided({ kind: 'answered', answer: 'blue' }, { kind: 'question' }),
      },
      {
        do: 'conclude',
        call: call({ tool: 'ask', verdict: 'ask', decision: 'dec_test1' }),
        outcome: 'ok',
        output: 'blue',
      },
    ],
    [
      'pauses at the edge of a budget',
      { turn: taken(), spent: { ...nothingSpent, turns: 60 } },
      { do: 'ask', question: { about: 'budget', exceeded: { budget: 'turns', limit: 60, used: 60 } } },
    ],
    [
      'still runs the calls of the last turn in the budget',
      { turn: taken(call()), spent: { ...nothingSpent, turns: 60 } },
      { do: 'call', call: call(), arguments: { command: 'ls' }, attempt: 1, restore: false },
    ],
    [
      'runs no command when its minutes are used up',
      { turn: taken(call()), spent: { ...nothingSpent, toolMs: 30 * 60_000 } },
      { do: 'ask', question: { about: 'budget', exceeded: { budget: 'toolMinutes', limit: 30, used: 30 } } },
    ],
    [
      'waits for its own question first',
      { turn: taken(), decisions: pending({ kind: 'budget', requester: { turn: 3, call: null } }) },
      { do: 'park', until: { kind: 'decision', decision: 'dec_test1' } },
    ],
    ['verifies what the agent reports', { task: verified, turn: taken(), report }, { do: 'verify', index: 0 }],
    [
      'shows the agent what failed',
      { task: verified, turn: taken(), report, verification: [{ ...ran, exitCode: 1 }] },
      { do: 'repair', repair: 1 },
    ],
    [
      'hands over after two repairs',
      { task: verified, turn: taken(), report, repairs: 2, verification: [{ ...ran, exitCode: 1 }] },
      { do: 'finish' },
    ],
    [
      'hands over what is verified',
      { task: verified, turn: taken(), report, verification: [{ ...ran, exitCode: 0 }] },
      { do: 'finish' },
    ],
    [
      'verifies and hands over, without the agent, what a person stopped',
      { turn: taken(), wrapUp: 'budget' },
      { do: 'finish' },
    ],
    [
      'fails where a person gave it up',
      { givenUp: { class: 'model', message: 'No key.' } },
      { do: 'fail', class: 'model', message: 'No key.' },
    ],
    ['stops in every status but working', { status: 'queued' }, { do: 'stop' }],
  ])('%s', (_name, different, expected) => {
    expect(step(working(different))).toEqual(expected);
  });
});
