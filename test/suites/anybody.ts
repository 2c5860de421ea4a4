import * as fc from 'fast-check';
import type { Json } from '../../shared/decision/decision.ts';
import type { Circumstances, Command } from '../../shared/run/command.ts';
import { settle } from '../../shared/run/commands.ts';
import type { WorkerEvent } from '../../shared/run/events.ts';
import { judgeCall } from '../../shared/run/judge-call.ts';
import { reduce } from '../../shared/run/reduce.ts';
import { openDecisions, type RunState } from '../../shared/run/state.ts';
import { someTask } from '../fakes/task.ts';
import { roundFinished, someRequest } from './runs.ts';
import { headOf } from '../../shared/run/state.ts';

export const run = 'run_test1';
export const at = '2030-01-01T12:00:00.000Z';
/** What a command is obeyed under; ids are the state's own, so that none comes twice. */
export const under = (id: number | string): Circumstances => ({
  at,
  activation: `act_${id}`,
  decision: `dec_own${id}`,
  jitter: 0.5,
  leaseUntil: null,
  sha256: () => 'ab'.repeat(32),
});
const treeOf = (name: string) => ({ commit: name.repeat(40), tree: name.repeat(40) });

export const bash = (command: string, network: readonly string[] | null = null): Json => ({
  command,
  timeoutSeconds: null,
  network: network === null ? null : [...network],
});
/** What a model may want here, by the id of the call. */
const wishes: Readonly<Record<string, { readonly tool: string; readonly arguments: Json }>> = {
  allowed: { tool: 'bash', arguments: bash('make') },
  asked: { tool: 'bash', arguments: bash('sh deploy.sh') },
  online: { tool: 'bash', arguments: bash('make', ['a.example']) },
  repeatable: { tool: 'bash', arguments: bash('npm ci', ['b.example']) },
  denied: { tool: 'write', arguments: { path: '.git/config', content: '' } },
};
const unknown = { tool: 'bash', arguments: bash('make') };
export const ids = Object.keys(wishes);
export const wishFor = (name: string) => wishes[name] ?? unknown;
const match = (command: string) => ({ matches: [{ tool: 'bash' as const, command }], not: [] });
const task = someTask({
  policy: {
    limits: [],
    rules: [
      { id: 'deploy', verdict: 'ask', reason: 'It deploys.', command: 'sh deploy.sh', examples: match('sh deploy.sh') },
      {
        id: 'again',
        verdict: 'allow',
        reason: 'It installs.',
        command: 'npm ci',
        network: 'b.example',
        repeatable: true,
        examples: { matches: [{ tool: 'bash', command: 'npm ci', network: ['b.example'] }], not: [] },
      },
      {
        id: 'git',
        verdict: 'deny',
        reason: 'No.',
        path: '.git/**',
        examples: { matches: [{ tool: 'write', path: '.git/x' }], not: [] },
      },
    ],
    otherwise: { reads: 'allow', changes: 'allow', network: 'allow' },
  },
});

export const created = (): RunState => {
  const body = { type: 'run.created', v: 5, number: 1, task } as const;
  const state = reduce(undefined, { run, seq: 1, position: 1, at, activation: null, body });
  if (state === undefined) throw new Error('It was created.');
  return settle(state, [{ type: 'prepare.finished', v: 1, base: treeOf('e') }], under('0001')).state;
};

/** What one of them does next: the worker, which may be anybody who got hold of its lease; a person; the supervisor. */
const kinds = {
  think: 3,
  take: 3,
  judge: 10,
  ask: 10,
  start: 16,
  finish: 4,
  report: 2,
  'hand over': 1,
  approve: 14,
  reject: 1,
  message: 5,
  lose: 8,
} as const;
export const someAction = fc.record({
  // safe: the keys of a const object are its own names
  kind: fc.oneof(
    ...(Object.keys(kinds) as (keyof typeof kinds)[]).map((kind) => ({
      weight: kinds[kind],
      arbitrary: fc.constant(kind),
    })),
  ),
  /** Null: the call that this sequence is mostly about. */
  call: fc.option(fc.nat(ids.length - 1), { freq: 3 }),
  honest: fc.constantFrom(true, true, true, false),
  pick: fc.nat(3),
});
export type Action = typeof someAction extends fc.Arbitrary<infer Value> ? Value : never;

const callsOf = ({ turn }: RunState) => (turn?.phase === 'taken' ? turn.calls : []);
const wishOf = (id: string) => wishFor(id.split('_')[0] ?? '');

/** What the worker says. Honest or not, its events fit their schemas. */
export const saying = (
  state: RunState,
  focus: number,
  { kind, call, honest, pick }: Action,
): readonly WorkerEvent[] => {
  const of = callsOf(state)[call ?? focus];
  const id = of?.id ?? 'nothing_0';
  const { tool, arguments: args } = wishOf(id);
  const said: Json = honest || pick > 1 ? args : bash('rm -rf .');
  const turn = (state.turn?.number ?? 0) + (state.turn?.phase === 'taken' ? 1 : 0);
  switch (kind) {
    case 'think':
      return [{ type: 'model.started', v: 1, turn, attempt: 1, purpose: 'turn' }];
    case 'take':
      return [
        {
          type: 'turn.taken',
          v: 2,
          turn,
          attempt: 1,
          model: 'm',
          items: ids.map((name) => ({
            type: 'call' as const,
            call: `${name}_${turn}`,
            name: wishFor(name).tool,
            arguments: JSON.stringify(wishFor(name).arguments),
          })),
          oddities: [],
          usage: null,
          cost: null,
        },
      ];
    case 'judge': {
      const judged = judgeCall(task.policy, { id, tool, arguments: JSON.stringify(said) });
      return [honest ? judged : { ...judged, verdict: 'allow', repeatable: pick % 2 === 0 }];
    }
    case 'ask': {
      const asked = someRequest({
        run,
        decision: `dec_${1000 + state.seq}`,
        kind: 'call',
        expiresAt: '2031-01-01T00:00:00.000Z',
      });
      const tree = honest ? (headOf(state)?.tree ?? null) : treeOf('abcd'.charAt(pick)).tree;
      const request = {
        ...asked,
        kind: pick === 0 ? ('retry' as const) : ('call' as const),
        requester: { turn, call: id },
        tool,
        arguments: said,
        tree,
      };
      return [{ type: 'decision.requested', v: 3, request }];
    }
    case 'start': {
      const attempt = of !== undefined && 'attempt' in of ? of.attempt + 1 : 1;
      return [{ type: 'call.started', v: 1, call: id, attempt: honest ? attempt : pick, arguments: said }];
    }
    case 'report':
      return [{ type: 'report.submitted', v: 1, report: { summary: 'Done.', claims: [] } }];
    case 'hand over':
      return honest ? [roundFinished] : [{ type: 'run.completed', v: 1 }];
    default:
      return [
        {
          type: 'call.finished',
          v: 2,
          call: id,
          outcome: 'ok',
          output: '',
          outputBlob: null,
          exitCode: 0,
          durationMs: 1,
          fingerprint: id,
          checkpoint: treeOf('abcd'.charAt(pick)),
          refusedHosts: [],
          reachedHosts: [],
        },
      ];
  }
};

export const commandFor = (state: RunState, focus: number, action: Action): Command => {
  const open = openDecisions(state).at(-1)?.request;
  const activation = 'activation' in state ? state.activation : 'act_none';
  switch (action.kind) {
    case 'approve':
    case 'reject':
      return {
        kind: 'decide',
        by: 'person:ada',
        decision: open?.id ?? 'dec_none',
        hash: open?.hash ?? '',
        verdict: action.kind === 'approve' ? { kind: 'approved', arguments: null } : { kind: 'rejected', reason: '' },
      };
    case 'lose':
      return { kind: 'lose', activation, reason: 'killed' };
    case 'message':
      return { kind: 'message', by: 'person:ada', text: 'And that.' };
    default:
      return state.status === 'queued'
        ? { kind: 'lease', activation, worker: 'w' }
        : { kind: 'append', activation, fence: state.fence, events: saying(state, focus, action) };
  }
};
