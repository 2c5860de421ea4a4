import type { EventBody, RunEvent, Task } from '../../../shared/run/events.ts';
import type { ModelItem } from '../../../shared/run/model-item.ts';
import { defaultPolicy } from '../../../shared/policy/default.ts';
import { defaultBudget } from '../../../shared/run/budget.ts';

export const someTask: Task = {
  tenant: 'local',
  repository: '/home/ada/sample',
  title: 'Mend the tests',
  goal: 'Mend the tests',
  images: [],
  recipe: null,
  asked: null,
  output: { kind: 'diff' },
  subject: null,
  requester: 'person:ada',
  priority: 0,
  source: {
    kind: 'local',
    repository: '/home/ada/sample',
    gitDirectory: '/home/ada/.longhaul/1.git',
    commit: 'c'.repeat(40),
    head: 'a'.repeat(40),
    branch: 'main',
    dirty: true,
  },
  policy: { ...defaultPolicy, limits: [] },
  budget: defaultBudget,
  setup: [],
  verification: [{ command: 'npm test', network: [], timeoutSeconds: 60 }],
  model: null,
  decisionHours: 72,
  setupReads: [],
  loosened: [],
  notes: [],
};

/** A log of these events, begun by the task's creation. */
export const logOf = (bodies: readonly EventBody[], task: Task = someTask): readonly RunEvent[] =>
  [{ type: 'run.created', v: 5, number: 1, task } as const, ...bodies].map((body, index) => ({
    run: 'run_abcd',
    seq: index + 1,
    position: index + 1,
    at: '2026-01-01T00:00:00.000Z',
    activation: null,
    body,
  }));

export const asking = (turn: number, attempt = 1, purpose: 'turn' | 'compaction' = 'turn'): EventBody => ({
  type: 'model.started',
  v: 1,
  turn,
  attempt,
  purpose,
});

export const taken = (turn: number, ...items: ModelItem[]): EventBody => ({
  type: 'turn.taken',
  v: 2,
  oddities: [],
  turn,
  attempt: 1,
  model: 'm',
  items,
  usage: null,
  cost: null,
});

export const callItem = (call: string, name: string, args: unknown): Extract<ModelItem, { type: 'call' }> => ({
  type: 'call',
  call,
  name,
  arguments: JSON.stringify(args),
});

/** A call that was allowed, ran and gave an output. */
export const ran = (call: string, args: Record<string, string>, output: string): readonly EventBody[] => [
  {
    type: 'call.judged',
    v: 1,
    call,
    tool: 'bash',
    arguments: args,
    verdict: 'allow',
    rule: null,
    reason: '',
    network: [],
    repeatable: false,
  },
  { type: 'call.started', v: 1, call, attempt: 1, arguments: args },
  finished(call, output),
];

export const finished = (call: string, output: string): EventBody => ({
  type: 'call.finished',
  v: 2,
  call,
  outcome: 'ok',
  output,
  outputBlob: null,
  exitCode: 0,
  durationMs: 1,
  fingerprint: 'f',
  checkpoint: null,
  refusedHosts: [],
  reachedHosts: [],
});

export const said = (text: string): EventBody => ({ type: 'message.sent', v: 1, by: 'person:ada', text });

export const user = (text: string): ModelItem => ({ type: 'message', role: 'user', text });
export const assistant = (text: string): ModelItem => ({ type: 'message', role: 'assistant', text });
