import type { RunEvent, WorkerEvent } from '../../../../shared/run/events.ts';
import { changesTree } from '../../../../shared/run/call.ts';
import type { Output } from '../../../../shared/run/output.ts';
import { toolNature } from '../../../../shared/tool/arguments.ts';
import { parseCall } from '../../../../shared/policy/call.ts';
import type { PreparedTree } from '../../../../shared/run/state.ts';
import type { Next } from '../next/next-step.ts';
import type { StepContext } from '../ports/ports.ts';
import { tools } from '../../tools/index.ts';
import { placesOf } from '../../tools/places.ts';
import type { ToolResult } from '../../tools/tool.ts';
import { finished } from './ending.ts';
import { afterwards, whyNot } from './hold.ts';
import { asSaved, keep } from './keep.ts';
import { attributed, endsActivation, troubleText } from './trouble.ts';

type CallStep = Extract<Next, { do: 'call' }>;

/**
 * Runs one call whose start is on record, and saves the tree if it may have changed it. Nothing comes of an aborted call. What goes
 * wrong on the way is told to the model, with the tree as it was: it does not throw the worker down, which would only run it again.
 */
export const runCall = async (context: StepContext, step: CallStep): Promise<readonly WorkerEvent[]> => {
  try {
    return await attempt(context, step);
  } catch (error) {
    const { ports, signal } = context;
    const { id, tool, arguments: args } = step.call;
    if (signal.aborted || endsActivation(error)) throw error;
    const back = changesTree(step.call) ? '\nThe workspace is as it was before the call.' : '';
    if (back !== '') await takeBack(context, step.tree);
    const output = `This could not be done: ${troubleText(error, ports.workspace.root)}${back}`;
    return [finished(id, { tool, args, outcome: 'error', output })];
  }
};

const attempt = async (context: StepContext, { call, restore, tree }: CallStep): Promise<readonly WorkerEvent[]> => {
  const { state, ports, signal } = context;
  const { id, tool, arguments: args } = call;
  const parsed = parseCall(tool, args);
  if (parsed.outcome === 'invalid') return [finished(id, { tool, args, outcome: 'invalid', output: parsed.message })];
  if (restore) await takeBack(context, tree);
  const places = await placesOf(ports.workspace.root, { tool, args: parsed.arguments });
  const not = whyNot(context, { call, places, parsed: parsed.call });
  if (not !== null) return [finished(id, { tool, args, outcome: 'denied', output: not })];
  const changes = toolNature[parsed.tool] === 'changes';
  // What setup left is nobody's to approve.
  const before = asSaved(tree);
  const started = ports.clock.now();
  const sandbox = attributed(await context.sandbox());
  const result = await tools[parsed.tool].run(parsed.arguments, {
    root: ports.workspace.root,
    owner: ports.owner,
    sandbox,
    signal,
    network: parsed.call.network,
    ripgrep: ports.ripgrep,
    wanted: state.task.output,
    finishedCalls: finishedCalls(context.events),
  });
  if (signal.aborted) return [];
  const durationMs = Math.max(0, Math.round(ports.clock.now() - started));
  const { checkpoint, uploaded } = changes ? await keep(context, tree, `${parsed.tool} ${id}`) : unchanged;
  const outputBlob = result.full === null ? null : await ports.blobs.put(Buffer.from(ports.redact(result.full)));
  const ending = finished(id, { ...result, tool, args, durationMs, checkpoint, outputBlob });
  if (checkpoint === null) return [...(await recorded(context, result)), ending];
  const asJudged = { ...parsed.call, paths: [...parsed.call.paths, ...places] };
  const held = await afterwards(context, { call: asJudged, before, after: checkpoint, ending });
  if (held.outcome === 'denied') {
    await takeBack(context, tree);
    return [finished(id, { tool, args, outcome: 'denied', output: held.output, durationMs })];
  }
  return [...(await recorded(context, result)), ...uploaded, held.event];
};

/** A call that is answered without running, or without running again. */
export const concludeCall = async (
  context: StepContext,
  { call, outcome, output, restore, tree }: Extract<Next, { do: 'conclude' }>,
): Promise<readonly WorkerEvent[]> => {
  if (restore) await takeBack(context, tree);
  const args = call.status === 'asked' ? null : call.arguments;
  return [finished(call.id, { tool: call.tool, args, outcome, output })];
};

/** Undoes what an attempt left in the tree that nobody saw the end of. */
const takeBack = async ({ state, ports }: Pick<StepContext, 'state' | 'ports'>, tree: PreparedTree): Promise<void> => {
  if (!(await ports.workspace.restore(asSaved(tree))))
    throw new Error(`checkpoint ${tree.head.commit} of run ${state.id} is not on this machine`);
};

const unchanged = { checkpoint: null, uploaded: [] } as const;

const recorded = async (
  { ports }: Pick<StepContext, 'ports'>,
  { record }: ToolResult,
): Promise<readonly WorkerEvent[]> => {
  if (record === undefined) return [];
  if ('plan' in record) return [{ type: 'plan.updated', v: 1, steps: [...record.plan] }];
  const { report, output } = record;
  if (output === null) return [{ type: 'report.submitted', v: 1, report }];
  const kept: Output =
    output.kind === 'labels'
      ? { ...output, labels: [...output.labels] }
      : { ...output, text: await ports.blobs.put(Buffer.from(output.text)) };
  return [
    { type: 'report.submitted', v: 1, report },
    { type: 'output.submitted', v: 1, output: kept },
  ];
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
