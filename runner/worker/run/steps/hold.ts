import { judgeDifference, linkLeadsTo, type PathChange } from '../../../../shared/policy/difference.ts';
import { judge, type PolicyCall } from '../../../../shared/policy/evaluate.ts';
import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import type { CallIn } from '../../../../shared/run/call.ts';
import type { WorkerEvent } from '../../../../shared/run/events.ts';
import type { StepContext } from '../ports/ports.ts';
import { sandboxRoot } from '../../../sandbox/sandbox.ts';
import { heldIn, listed } from '../../agent/judge.ts';
import { whereLeads } from '../../tools/places.ts';

type Finished = Extract<WorkerEvent, { type: 'call.finished' }>;

/** Characters of a patch that a decision shows: more than one reads before saying yes. */
const shownPatch = 16_000;
/** Paths that are named to the model, and those that are put to a person. */
const toldPaths = 20;
const askedPaths = 200;

/**
 * Why a call that may start does not run after all: the arguments that a person edited, or links made since it was judged, lead to
 * where policy does not let it. Null: nothing is in the way.
 */
export const whyNot = (
  { state }: Pick<StepContext, 'state'>,
  { call, places, parsed }: { call: CallIn<'ready' | 'interrupted'>; places: readonly string[]; parsed: PolicyCall },
): string | null => {
  const { verdict, reason } = judge(state.task.policy, { ...parsed, paths: [...parsed.paths, ...places] });
  if (verdict === 'deny') return `Policy denies this call: ${reason} Do without it.`;
  const unasked = call.status === 'ready' ? call.approval === null : !call.asks;
  return verdict === 'ask' && unasked && parsed.tool !== 'ask'
    ? `It leads elsewhere than when it was judged, to what a person has to be asked about: ${reason} Call it again.`
    : null;
};

export type Afterwards =
  | { readonly outcome: 'goes on'; readonly event: WorkerEvent }
  | { readonly outcome: 'denied'; readonly output: string };

/** What becomes of a call that ran: it is finished, waits for a person, or was one too many. `call.paths` were judged before it ran. */
export const afterwards = async (
  context: StepContext,
  ran: {
    readonly call: PolicyCall;
    readonly before: Checkpoint;
    readonly after: Checkpoint;
    readonly ending: Finished;
  },
): Promise<Afterwards> => {
  const { state, ports } = context;
  const { call, before, after, ending } = ran;
  const judged = new Set(call.paths);
  const differing = (await ports.workspace.difference(before, after)).filter(({ path }) => !judged.has(path));
  const changes: PathChange[] = [];
  for (const { path, target } of differing)
    changes.push({ path, leads: target === null ? [] : await leadsOf(context, path, target) });
  const judgement = judgeDifference(state.task.policy, call, changes);
  if (judgement === null) return { outcome: 'goes on', event: ending };
  const { verdict, rule, reason, paths } = judgement;
  if (verdict === 'deny')
    return {
      outcome: 'denied',
      output: `The call ran, and policy denies what it changed: ${reason} It is about ${listed(paths, toldPaths)}.\nThe workspace is as it was before the call. Do without that change.`,
    };
  const patch = await ports.workspace.patch(before, after, paths);
  const asked = paths.slice(0, askedPaths);
  const shown = patch.length > shownPatch ? `${patch.slice(0, shownPatch)}\n… and more\n` : patch;
  return {
    outcome: 'goes on',
    event: { ...ending, type: 'call.held', v: 1, checkpoint: after, rule, reason, paths: asked, patch: shown },
  };
};

const leadsOf = async ({ ports }: StepContext, path: string, target: string): Promise<readonly string[]> => {
  const said = linkLeadsTo(path, target, sandboxRoot);
  const found = await whereLeads(ports.workspace.root, path);
  // What leads nowhere, or out by another link, is as good as one that leaves by itself; so is an absolute one: only here is the tree at that path.
  return [said, found ?? '..', ...(target.startsWith('/') ? [target] : [])];
};

/** Makes what a call changed the run's, since a person let it stay. */
export const releaseCall = async (
  { state, events, ports }: StepContext,
  { id, after }: CallIn<'released'>,
): Promise<readonly WorkerEvent[]> => {
  const body = heldIn(events, id);
  if (!(await ports.workspace.restore(after)))
    throw new Error(`checkpoint ${after.commit} of run ${state.id} is not on this machine`);
  const { rule: _rule, reason: _reason, paths: _paths, patch: _patch, ...ending } = body;
  return [{ ...ending, type: 'call.finished', v: 2 }];
};
