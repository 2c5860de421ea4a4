import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../shared/decision/canonical.ts';
import type { Json } from '../../../shared/decision/decision.ts';
import type { Checkpoint } from '../../../shared/run/artifacts.ts';
import type { RunEvent, WorkerEvent } from '../../../shared/run/events.ts';
import { toolNature } from '../../../shared/tool/arguments.ts';
import { parseCall } from '../../../shared/tool/policy-call.ts';
import type { Next } from '../next.ts';
import type { StepContext } from '../ports.ts';
import { tools } from '../tools/index.ts';
import type { ToolResult } from '../tools/tool.ts';
import { keep } from './keep.ts';

type CallStep = Extract<Next, { do: 'call' }>;

/** Runs one call whose start is on record, and saves the tree if it may have changed it. Nothing comes of an aborted call. */
export const runCall = async (
  context: StepContext,
  { call, arguments: args, restore }: CallStep,
): Promise<readonly WorkerEvent[]> => {
  const { state, ports, signal } = context;
  const parsed = parseCall(call.tool, args);
  if (parsed.outcome === 'invalid')
    return [finished(call.id, { tool: call.tool, args, outcome: 'invalid', output: parsed.message })];
  const { head } = state;
  if (head === null) throw new Error(`run ${state.id} runs a call before it was prepared`);
  if (restore && !(await ports.workspace.restore(head)))
    throw new Error(`checkpoint ${head.commit} of run ${state.id} is not on this machine`);
  const started = ports.clock.now();
  const result = await tools[parsed.tool].run(parsed.arguments, {
    root: ports.workspace.root,
    owner: ports.owner,
    sandbox: await context.sandbox(),
    signal,
    network: parsed.call.network,
    ripgrep: ports.ripgrep,
    finishedCalls: finishedCalls(context.events),
  });
  if (signal.aborted) return [];
  const durationMs = Math.max(0, Math.round(ports.clock.now() - started));
  const kept = toolNature[parsed.tool] === 'changes' ? await keep(context, head, `${parsed.tool} ${call.id}`) : null;
  const outputBlob = result.full === null ? null : await ports.blobs.put(Buffer.from(ports.redact(result.full)));
  return [
    ...effects(result),
    ...(kept?.uploaded ?? []),
    finished(call.id, {
      ...result,
      tool: call.tool,
      args,
      durationMs,
      checkpoint: kept?.checkpoint ?? null,
      outputBlob,
    }),
  ];
};

/** A call that is answered without running. */
export const concludeCall = ({ call, outcome, output }: Extract<Next, { do: 'conclude' }>): readonly WorkerEvent[] => [
  finished(call.id, { tool: call.tool, args: call.arguments, outcome, output }),
];

interface Ending extends Partial<Pick<ToolResult, 'exitCode' | 'refusedHosts' | 'reachedHosts'>> {
  readonly tool: string;
  readonly args: Json | null;
  readonly outcome: 'ok' | 'error' | 'denied' | 'rejected' | 'invalid';
  readonly output: string;
  readonly durationMs?: number;
  readonly checkpoint?: Checkpoint | null;
  readonly outputBlob?: string | null;
}

const finished = (call: string, ending: Ending): WorkerEvent => ({
  type: 'call.finished',
  v: 2,
  call,
  outcome: ending.outcome,
  output: ending.output,
  outputBlob: ending.outputBlob ?? null,
  exitCode: ending.exitCode ?? null,
  durationMs: ending.durationMs ?? 0,
  fingerprint: createHash('sha256')
    .update(canonicalJson([ending.tool, ending.args, ending.output]))
    .digest('hex')
    .slice(0, 16),
  checkpoint: ending.checkpoint ?? null,
  refusedHosts: [...(ending.refusedHosts ?? [])],
  reachedHosts: [...(ending.reachedHosts ?? [])],
});

const effects = ({ effect }: ToolResult): readonly WorkerEvent[] => {
  if (effect === undefined) return [];
  return 'plan' in effect
    ? [{ type: 'plan.updated', v: 1, steps: [...effect.plan] }]
    : [{ type: 'report.submitted', v: 1, report: effect.report }];
};

/** The calls that a claim may point to: those that ran, in this and in earlier turns. */
const finishedCalls = (events: readonly RunEvent[]): ReadonlyMap<string, { readonly tool: string }> => {
  const tool = new Map<string, string>();
  const found = new Map<string, { readonly tool: string }>();
  for (const { body } of events) {
    if (body.type === 'call.judged') tool.set(body.call, body.tool);
    if (body.type === 'call.finished' && (body.outcome === 'ok' || body.outcome === 'error'))
      found.set(body.call, { tool: tool.get(body.call) ?? '' });
  }
  return found;
};
