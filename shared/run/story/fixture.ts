import { defaultPolicy } from '../../policy/default.ts';
import { defaultBudget } from '../budget.ts';
import type { EventBody, RunEvent } from '../events.ts';
import { fold } from '../reduce.ts';
import type { RunState } from '../state.ts';
import { createStory, type Story } from './story.ts';

/** For tests: a log, a second between its events, beginning at 2026-01-01T00:00:00Z. */
export const began = Date.parse('2026-01-01T00:00:00.000Z');

/** Such a log of these. */
export const logOf = (bodies: readonly EventBody[]): readonly RunEvent[] =>
  bodies.map((body, index) => ({
    run: 'run_test1',
    seq: index + 1,
    position: index + 1,
    at: new Date(began + index * 1000).toISOString(),
    activation: null,
    body,
  }));

export const created = (goal: string): EventBody => ({
  type: 'run.created',
  v: 5,
  number: 7,
  task: {
    tenant: 'local',
    repository: '/repo',
    title: goal,
    goal,
    images: [],
    recipe: null,
    asked: null,
    output: { kind: 'diff' },
    subject: null,
    requester: 'person:ada',
    priority: 0,
    source: {
      kind: 'local',
      repository: '/repo',
      gitDirectory: '/home/source.git',
      commit: 'a'.repeat(40),
      head: null,
      branch: 'main',
      dirty: true,
    },
    policy: { ...defaultPolicy, limits: [] },
    budget: defaultBudget,
    setup: [],
    verification: [],
    model: null,
    decisionHours: 72,
    setupReads: [],
    loosened: [],
    notes: [],
  },
});

export const leased: readonly EventBody[] = [
  { type: 'activation.queued', v: 2, activation: 'act_test1', reason: 'delegated' },
  { type: 'activation.leased', v: 1, activation: 'act_test1', fence: 1, worker: 'w' },
];

export const judged = (call: string, tool: string, args: Record<string, string | null>): EventBody => ({
  type: 'call.judged',
  v: 1,
  call,
  tool,
  arguments: args,
  verdict: 'allow',
  rule: null,
  reason: '',
  network: [],
  repeatable: false,
});

export const finished = (call: string, output: string, exitCode: number | null): EventBody => ({
  type: 'call.finished',
  v: 2,
  call,
  outcome: 'ok',
  output,
  outputBlob: null,
  exitCode,
  durationMs: 2_300,
  fingerprint: 'f',
  checkpoint: null,
  refusedHosts: [],
  reachedHosts: [],
});

/** The whole story of a log. */
export const storyOf = (events: Iterable<RunEvent>): Story => {
  const story = createStory();
  for (const event of events) story.add(event);
  return story;
};

export const followed = (bodies: readonly EventBody[]): { readonly state: RunState; readonly story: Story } => {
  const events = logOf(bodies);
  const state = fold(events);
  if (state === undefined) throw new Error('a log begins with run.created');
  return { state, story: storyOf(events) };
};
