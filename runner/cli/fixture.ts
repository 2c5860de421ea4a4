import { createHash } from 'node:crypto';
import { decisionSubject, type DecisionRequest } from '../../shared/decision/decision.ts';
import { defaultPolicy } from '../../shared/policy/default.ts';
import { defaultBudget } from '../../shared/run/budget.ts';
import type { EventBody, RunEvent, Task } from '../../shared/run/events.ts';
import { fold } from '../../shared/run/reduce.ts';
import type { RunState } from '../../shared/run/state.ts';

export const run = 'run_k3v9x2';
export const delegatedAt = Date.parse('2026-03-04T12:00:00.000Z');

const task: Task = {
  tenant: 'local',
  repository: '/home/ada/parser',
  title: 'Mend the parser',
  goal: 'Mend the parser.\nIts test fails.',
  images: [],
  recipe: null,
  asked: null,
  output: { kind: 'diff' },
  subject: null,
  requester: 'person:ada',
  priority: 0,
  source: {
    kind: 'local',
    repository: '/home/ada/parser',
    gitDirectory: '/source.git',
    commit: 'a'.repeat(40),
    head: 'b'.repeat(40),
    branch: 'main',
    dirty: true,
  },
  policy: { ...defaultPolicy, limits: [] },
  budget: { ...defaultBudget, usd: null },
  setup: [],
  verification: [{ command: 'npm test', network: [], timeoutSeconds: 60 }],
  model: null,
  decisionHours: 72,
  setupReads: [],
  loosened: [],
  notes: [],
};

const checkpoint = { commit: 'c'.repeat(40), tree: 'd'.repeat(40) };
const blob = 'e'.repeat(64);

/** A decision with the hash that belongs to it. */
export const decisionOf = (different: Partial<DecisionRequest> = {}): DecisionRequest => {
  const request = {
    id: 'dec_a1b2c3',
    kind: 'call' as const,
    requester: { turn: 2, call: 'call_2' },
    action: 'Run npm install in the sandbox, with network access to packages.host.test',
    tool: 'bash',
    arguments: { command: 'npm install', timeoutSeconds: null, network: ['packages.host.test'] },
    tree: checkpoint.tree,
    reason: 'It asks for network access to packages.host.test.',
    consequence: 'The command runs once, and what it installs stays in the workspace.',
    expiresAt: '2026-03-07T12:00:20.000Z',
    onExpiry: 'The run stays parked.',
    choices: [],
    ...different,
  };
  return { hash: createHash('sha256').update(decisionSubject(run, request)).digest('hex'), ...request };
};

const call = (id: string, tool: string, args: object): Extract<EventBody, { type: 'call.judged' }> => ({
  type: 'call.judged',
  v: 1,
  call: id,
  tool,
  // safe: the arguments of a call are JSON
  arguments: args as never,
  verdict: 'allow',
  rule: null,
  reason: '',
  network: [],
  repeatable: false,
});

const finished = (
  id: string,
  output: string,
  rest: Partial<Extract<EventBody, { type: 'call.finished' }>> = {},
): EventBody => ({
  type: 'call.finished',
  v: 2,
  call: id,
  outcome: 'ok',
  output,
  outputBlob: null,
  exitCode: null,
  durationMs: 12,
  fingerprint: id,
  checkpoint: null,
  refusedHosts: [],
  reachedHosts: [],
  ...rest,
});

const started = (id: string): Extract<EventBody, { type: 'call.started' }> => ({
  type: 'call.started',
  v: 1,
  call: id,
  attempt: 1,
  arguments: {},
});

interface Paid {
  readonly cost: number | null;
  readonly calls?: readonly string[];
}

const turn = (number: number, text: string, { cost, calls = [] }: Paid): EventBody => ({
  type: 'turn.taken',
  v: 2,
  oddities: [],
  turn: number,
  attempt: 1,
  model: 'scripted',
  items: [
    ...(text === '' ? [] : [{ type: 'message' as const, role: 'assistant' as const, text }]),
    ...calls.map((id) => ({ type: 'call' as const, call: id, name: 'bash', arguments: '{}' })),
  ],
  usage: { input: 12_000, cached: 0, cacheWrite: 0, output: 340, reasoning: 0 },
  cost,
});

const install = { command: 'npm install', timeoutSeconds: null, network: ['packages.host.test'] };

/** Delegated, worked on, asked, approved, verified and ready for review: seconds since delegation, and what happened. */
export const story: readonly (readonly [seconds: number, body: EventBody])[] = [
  [0, { type: 'run.created', v: 5, number: 12, task }],
  [0, { type: 'activation.queued', v: 2, activation: 'act_0001', reason: 'delegated' }],
  [0, { type: 'activation.leased', v: 1, activation: 'act_0001', fence: 1, worker: 'child 7' }],
  [1, { type: 'prepare.started', v: 1 }],
  [1, { type: 'prepare.finished', v: 1, base: checkpoint }],
  [1, { type: 'model.started', v: 1, turn: 1, attempt: 1, purpose: 'turn' }],
  [
    3,
    {
      type: 'model.failed',
      v: 1,
      turn: 1,
      attempt: 1,
      trouble: { code: 'rate_limited', message: 'Too many requests.', retryable: true, status: 429 },
      retryAt: '2026-03-04T12:00:05.000Z',
      resume: null,
      usage: null,
      cost: null,
    },
  ],
  [5, { type: 'model.started', v: 1, turn: 1, attempt: 2, purpose: 'turn' }],
  [9, turn(1, 'I look at the test.\n\u001b[31mIt\u001b[0m fails.', { cost: 0.0042, calls: ['call_0', 'call_1'] })],
  [9, call('call_0', 'plan', { steps: [{ text: 'Mend it', status: 'active' }] })],
  [9, { type: 'plan.updated', v: 1, steps: [{ text: 'Mend it', status: 'active' }] }],
  [9, finished('call_0', 'noted')],
  [9, call('call_1', 'bash', { command: 'npm test', timeoutSeconds: null, network: null })],
  [9, { ...started('call_1'), arguments: { command: 'npm test', timeoutSeconds: null, network: null } }],
  [12, finished('call_1', 'Cannot find package', { exitCode: 1, outcome: 'error', durationMs: 2_340 })],
  [20, turn(2, '', { cost: 0.005, calls: ['call_2'] })],
  [20, { ...call('call_2', 'bash', install), verdict: 'ask' }],
  [20, { type: 'decision.requested', v: 3, request: decisionOf() }],
  [20, { type: 'activation.ended', v: 2, until: { kind: 'decision', decision: 'dec_a1b2c3' } }],
  [
    80,
    {
      type: 'decision.made',
      v: 1,
      decision: 'dec_a1b2c3',
      hash: decisionOf().hash,
      verdict: { kind: 'approved', arguments: null },
      by: 'person:grace',
    },
  ],
  [80, { type: 'activation.queued', v: 2, activation: 'act_0002', reason: 'decision' }],
  [80, { type: 'activation.leased', v: 1, activation: 'act_0002', fence: 2, worker: 'child 8' }],
  [80, { type: 'call.started', v: 1, call: 'call_2', attempt: 1, arguments: install }],
  [95, finished('call_2', 'added 3 packages', { exitCode: 0, durationMs: 14_900, checkpoint })],
  [100, turn(3, '', { cost: 0.005, calls: ['call_3', 'call_4'] })],
  [100, call('call_3', 'edit', { path: 'src/parser.ts', old: 'a', new: 'b' })],
  [
    100,
    {
      type: 'call.started',
      v: 1,
      call: 'call_3',
      attempt: 1,
      arguments: { path: 'src/parser.ts', old: 'a', new: 'b' },
    },
  ],
  [100, finished('call_3', 'edited', { checkpoint })],
  [101, call('call_4', 'finish', { summary: 'x', claims: [] })],
  [
    101,
    {
      type: 'report.submitted',
      v: 1,
      report: {
        summary: 'The parser reads empty files now.',
        claims: [
          { text: 'The packages are there', calls: ['call_2'] },
          { text: 'It is proven', calls: ['call_99'] },
        ],
      },
    },
  ],
  [101, finished('call_4', 'ok')],
  [101, { type: 'verification.started', v: 1, index: 0, command: 'npm test' }],
  [
    104,
    {
      type: 'verification.finished',
      v: 2,
      index: 0,
      command: 'npm test',
      outcome: 'exited',
      exitCode: 0,
      output: '1 passed\n',
      outputBlob: null,
      durationMs: 3_000,
      refusedHosts: [],
      reachedHosts: [],
      setup: 'offline',
    },
  ],
  [
    105,
    {
      type: 'round.finished',
      v: 1,
      head: checkpoint,
      changes: blob,
      patch: blob,
      files: 1,
      additions: 3,
      deletions: 1,
    },
  ],
];

/** The first events of the story, or all of it and more. */
export const eventsOf = (told: readonly (readonly [seconds: number, body: EventBody])[]): readonly RunEvent[] =>
  told.map(([seconds, body], index) => ({
    run: run,
    seq: index + 1,
    position: index + 1,
    at: new Date(delegatedAt + seconds * 1_000).toISOString(),
    activation: null,
    body,
  }));

/** The state up to and with the first event of a type; all of the story without one. */
export const stateAt = (
  type: EventBody['type'] | null,
  more: readonly (readonly [seconds: number, body: EventBody])[] = [],
): RunState => {
  const end = type === null ? story.length : story.findIndex(([, body]) => body.type === type) + 1;
  const state = fold(eventsOf([...story.slice(0, end), ...more]));
  if (state === undefined) throw new Error('a story begins with its creation');
  return state;
};
