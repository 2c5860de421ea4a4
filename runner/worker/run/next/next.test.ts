import { describe, expect, test } from 'vitest';
import { nothingSpent } from '../../../../shared/run/budget.ts';
import type { Call, CallIn } from '../../../../shared/run/call.ts';
import type { PreparedTree, RunState, Turn } from '../../../../shared/run/state.ts';
import type { DecisionRequest, OpenDecision } from '../../../../shared/decision/decision.ts';
import { someTask } from '../../../../test/fakes/task.ts';
import { next } from './next.ts';

const at = '2026-01-01T00:00:00.000Z';
const now = Date.parse(at);
const tree = { commit: 'a'.repeat(40), tree: 'b'.repeat(40) };
const prepared: PreparedTree = { status: 'prepared', origin: tree, base: tree, head: tree, saved: null, bundles: [] };

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
  tree: prepared,
  setup: [],
  underWay: null,
  turn: null,
  unheard: 0,
  contextTokens: null,
  compactedThrough: 0,
  budget: someTask().budget,
  spent: nothingSpent,
  plan: [],
  decisions: {},
  repetition: null,
  idleTurns: 0,
  report: null,
  output: null,
  wrapUp: null,
  givenUp: null,
  verification: [],
  effects: [],
  pullRequest: null,
  merge: null,
  newSetup: null,
  repairs: 0,
  soFar: null,
  result: null,
  model: null,
  reviewMs: null,
  leasedAt: at,
  status: 'working',
  activation: 'act_test1',
  since: at,
  pausing: null,
  ...different,
});

const ls = { command: 'ls', timeoutSeconds: null, network: null };
const terms = {
  id: 'call_1',
  tool: 'bash',
  arguments: ls,
  network: [],
  repeatable: false,
  asks: false,
  reason: 'fine',
  attempt: 0,
  losses: 0,
};
const ready = (different: Partial<CallIn<'ready'>> = {}): CallIn<'ready'> => ({
  status: 'ready',
  ...terms,
  approval: null,
  ...different,
});
/** A person approved it, on this tree if no other is named. */
const approved = (different: Partial<CallIn<'ready'>> = {}): CallIn<'ready'> =>
  ready({ asks: true, approval: { decision: 'dec_test1', tree: tree.tree }, ...different });
const interrupted = (different: Partial<CallIn<'interrupted'>> = {}): CallIn<'interrupted'> => ({
  status: 'interrupted',
  ...terms,
  attempt: 1,
  losses: 1,
  ...different,
});
const waiting: CallIn<'waiting'> = { status: 'waiting', ...terms, asks: true, decision: 'dec_test1' };
const wanted: CallIn<'asked'> = { status: 'asked', id: 'call_1', tool: 'bash', arguments: '{' };
const refused = (different: Partial<CallIn<'refused'>> = {}): CallIn<'refused'> => ({
  status: 'refused',
  id: 'call_1',
  tool: 'bash',
  arguments: ls,
  outcome: 'rejected',
  reason: 'A person rejected this call: no',
  attempt: 0,
  ...different,
});
const curl = { command: 'curl a.org', timeoutSeconds: null, network: ['a.org'] };
const online = { arguments: curl, network: ['a.org'] };
const taken = (...calls: Call[]): Turn => ({ phase: 'taken', number: 3, calls, refusal: null });
const failed = (different: object = {}): Turn => ({
  phase: 'failed',
  number: 3,
  attempt: 1,
  purpose: 'turn',
  retryAt: at,
  responseId: null,
  hears: 0,
  losses: 0,
  trouble: { code: 'server', message: 'It broke.', retryable: true, status: 500 },
  ...different,
});

const request = (different: Partial<DecisionRequest> = {}): DecisionRequest => ({
  id: 'dec_test1',
  kind: 'call',
  requester: { turn: 3, call: 'call_1' },
  action: 'Run ls',
  tool: 'bash',
  arguments: ls,
  tree: tree.tree,
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
const ran = { index: 0, command: 'npm test', outcome: 'exited', durationMs: 1 } as const;
const verified = someTask({ verification: [{ command: 'npm test', network: [], timeoutSeconds: 60 }] });
const report = { summary: 'Done.', claims: [] };
/** What is done in the tree is given it. */
const inTree = (wanted: object) =>
  'do' in wanted && ['setup', 'call', 'conclude', 'verify', 'finish'].includes(String(wanted.do))
    ? { ...wanted, tree: prepared }
    : wanted;
const step = (state: RunState) => next(state, now, null);

describe('what comes next', () => {
  test.each<[string, object, object]>([
    ['prepares first', { tree: { status: 'unprepared' } }, { do: 'prepare' }],
    [
      'asks before it prepares a third time what ended its worker twice',
      { tree: { status: 'unprepared' }, underWay: { step: 'prepare', index: 0, running: false, losses: 2 } },
      { do: 'ask', question: { about: 'preparing', losses: 2 } },
    ],
    [
      'sets up again what ended its worker once',
      {
        task: someTask({ setup: [{ command: 'npm ci', network: [], timeoutSeconds: 60 }] }),
        underWay: { step: 'setup', index: 0, running: false, losses: 1 },
      },
      { do: 'setup', index: 0 },
    ],
    [
      'gives up a setup that ended its worker twice',
      {
        task: someTask({ setup: [{ command: 'npm ci', network: [], timeoutSeconds: 60 }] }),
        underWay: { step: 'setup', index: 0, running: false, losses: 2 },
      },
      { do: 'give up', step: 'setup', index: 0, losses: 2 },
    ],
    [
      'gives up a verification that ended its worker twice',
      {
        task: verified,
        turn: taken(),
        report,
        underWay: { step: 'verification', index: 0, running: false, losses: 2 },
      },
      { do: 'give up', step: 'verification', index: 0, losses: 2 },
    ],
    [
      'asks the agent once more where a message came after its report',
      { task: verified, turn: taken(), report, unheard: 1 },
      { do: 'turn', turn: 4, attempt: 1, responseId: null },
    ],
    [
      'sets up before the first turn',
      { task: someTask({ setup: [{ command: 'npm ci', network: [], timeoutSeconds: 60 }] }) },
      { do: 'setup', index: 0 },
    ],
    ['takes the first turn', {}, { do: 'turn', turn: 1, attempt: 1, responseId: null }],
    [
      'takes another turn when all calls are finished',
      { turn: taken({ status: 'finished', id: 'call_1', tool: 'bash' }) },
      { do: 'turn', turn: 4, attempt: 1, responseId: null },
    ],
    [
      'writes off a model call that nobody is waiting for',
      { turn: { phase: 'asking', number: 3, attempt: 2, purpose: 'turn', responseId: null, hears: 0, losses: 0 } },
      { do: 'write off', turn: 3, attempt: 2 },
    ],
    [
      'goes on with a background response',
      { turn: { phase: 'asking', number: 3, attempt: 2, purpose: 'turn', responseId: 'resp_1', hears: 0, losses: 0 } },
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
      'judges the first call that is not finished, when all before it are',
      { turn: taken({ status: 'finished', id: 'call_0', tool: 'bash' }, wanted, { ...wanted, id: 'call_2' }) },
      { do: 'judge', call: wanted },
    ],
    ['runs a call that policy allows', { turn: taken(ready()) }, { do: 'call', call: ready(), restore: false }],
    [
      'restores the tree before it runs a changing call again',
      { turn: taken(interrupted()) },
      { do: 'call', call: interrupted(), restore: true },
    ],
    [
      'just repeats a call that reads',
      { turn: taken(interrupted({ tool: 'read' })) },
      { do: 'call', call: interrupted({ tool: 'read' }), restore: false },
    ],
    [
      'runs a call again whose worker was told to stop, however often',
      { turn: taken(interrupted({ attempt: 3, losses: 0 })) },
      { do: 'call', call: interrupted({ attempt: 3, losses: 0 }), restore: true },
    ],
    [
      'does not run a third time what ended its worker twice',
      { turn: taken(interrupted({ attempt: 2, losses: 2 })) },
      {
        do: 'conclude',
        call: interrupted({ attempt: 2, losses: 2 }),
        outcome: 'error',
        output:
          'This call ended its worker twice; it was not run a third time. The workspace is as it was before it. Do it in another way, or in smaller steps.',
        restore: true,
      },
    ],
    [
      'asks before it repeats a command that had network',
      { turn: taken(interrupted(online)) },
      { do: 'ask', question: { about: 'interrupted', call: interrupted(online) } },
    ],
    [
      'asks again each time that it was interrupted',
      { turn: taken(interrupted({ ...online, attempt: 4, losses: 4 })) },
      { do: 'ask', question: { about: 'interrupted', call: interrupted({ ...online, attempt: 4, losses: 4 }) } },
    ],
    [
      'asks again about what a person had approved, with network or without',
      { turn: taken(interrupted({ asks: true })) },
      { do: 'ask', question: { about: 'interrupted', call: interrupted({ asks: true }) } },
    ],
    [
      'does not ask where repeating does no harm',
      { turn: taken(interrupted({ ...online, repeatable: true })) },
      { do: 'call', call: interrupted({ ...online, repeatable: true }), restore: true },
    ],
    [
      'tells the model why a call is not run',
      { turn: taken(refused()) },
      {
        do: 'conclude',
        call: refused(),
        outcome: 'rejected',
        output: 'A person rejected this call: no',
        restore: false,
      },
    ],
    [
      'takes back what an attempt left that is not repeated',
      { turn: taken(refused({ attempt: 1 })) },
      {
        do: 'conclude',
        call: refused({ attempt: 1 }),
        outcome: 'rejected',
        output: 'A person rejected this call: no',
        restore: true,
      },
    ],
    [
      'asks about a call that policy has asked',
      { turn: taken({ ...terms, status: 'judged', asks: true }) },
      { do: 'ask', question: { about: 'call', call: { ...terms, status: 'judged', asks: true }, again: false } },
    ],
    [
      'waits for a decision',
      { turn: taken(waiting), decisions: pending() },
      { do: 'park', until: { kind: 'decision', decision: 'dec_test1' } },
    ],
    [
      'asks again where the decision is about another tree',
      { turn: taken(waiting), decisions: pending({ tree: 'd'.repeat(40) }) },
      { do: 'ask', question: { about: 'call', call: waiting, again: true } },
    ],
    ['runs what was approved', { turn: taken(approved()) }, { do: 'call', call: approved(), restore: false }],
    [
      'restores the tree before it runs again what was approved again',
      { turn: taken(approved({ attempt: 1, losses: 1 })) },
      { do: 'call', call: approved({ attempt: 1, losses: 1 }), restore: true },
    ],
    [
      'asks again where the tree is not the one that the approval was for',
      { turn: taken(approved()), tree: { ...prepared, head: { commit: 'e'.repeat(40), tree: 'f'.repeat(40) } } },
      { do: 'ask', question: { about: 'call', call: approved(), again: true } },
    ],
    [
      'asks again about what was approved before decisions named their tree',
      { turn: taken(approved({ approval: { decision: 'dec_test1', tree: null } })) },
      {
        do: 'ask',
        question: {
          about: 'call',
          call: approved({ approval: { decision: 'dec_test1', tree: null } }),
          again: true,
        },
      },
    ],
    [
      'never runs what nobody approved',
      { turn: taken(ready({ asks: true })) },
      { do: 'ask', question: { about: 'call', call: ready({ asks: true }), again: true } },
    ],
    [
      'gives the model the answer to its question',
      { turn: taken({ status: 'answered', id: 'call_1', tool: 'ask', arguments: {}, answer: 'blue' }) },
      {
        do: 'conclude',
        call: { status: 'answered', id: 'call_1', tool: 'ask', arguments: {}, answer: 'blue' },
        outcome: 'ok',
        output: 'blue',
        restore: false,
      },
    ],
    ['leaves a call alone that somebody is at', { turn: taken({ ...terms, status: 'running' }) }, { do: 'stop' }],
    [
      'pauses at the edge of a budget',
      { turn: taken(), spent: { ...nothingSpent, turns: 60 } },
      { do: 'ask', question: { about: 'budget', exceeded: { budget: 'turns', limit: 60, used: 60 } } },
    ],
    [
      'still runs the calls of the last turn in the budget',
      { turn: taken(ready()), spent: { ...nothingSpent, turns: 60 } },
      { do: 'call', call: ready(), restore: false },
    ],
    [
      'runs no command when its minutes are used up',
      { turn: taken(ready()), spent: { ...nothingSpent, toolMs: 30 * 60_000 } },
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
      { do: 'finish', mendable: false },
    ],
    [
      'hands over what is verified',
      { task: verified, turn: taken(), report, verification: [{ ...ran, exitCode: 0 }] },
      { do: 'finish', mendable: true },
    ],
    [
      'verifies and hands over, without the agent, what a person stopped',
      { turn: taken(), wrapUp: 'budget' },
      { do: 'finish', mendable: false },
    ],
    [
      'fails where a person gave it up',
      { givenUp: { class: 'model', message: 'No key.' } },
      { do: 'fail', class: 'model', message: 'No key.' },
    ],
    ['stops in every status but working', { status: 'queued' }, { do: 'stop' }],
  ])('%s', (_name, different, expected) => {
    expect(step(working(different))).toEqual(inTree(expected));
  });
});

test('a result that is to be merged: first its base, then setup on that, then the merge, then the agent', () => {
  const commit = { remote: 'https://git.example.org/x', branch: 'main', commit: 'c'.repeat(40) };
  const task = { ...someTask(), setup: [{ command: 'npm ci', timeoutSeconds: 60, network: [] }] };
  const ran = [{ index: 0, command: 'npm ci', outcome: 'exited', exitCode: 0, durationMs: 1 }];
  const doing = (different: object) => next(working({ task, ...different }), now, null);
  const asked = { ...commit, step: 'asked' };
  expect(doing({ setup: ran, merge: asked })).toEqual({ do: 'move base', merge: asked, tree: prepared });
  const moved = { ...commit, step: 'moved', from: tree, ours: tree };
  expect(doing({ setup: [], merge: moved })).toMatchObject({ do: 'setup', index: 0 });
  expect(doing({ setup: ran, merge: moved })).toEqual({ do: 'merge', merge: moved, tree: prepared });
  expect(doing({ setup: ran, merge: { ...commit, step: 'done' } })).toMatchObject({ do: 'turn', turn: 1 });
});
