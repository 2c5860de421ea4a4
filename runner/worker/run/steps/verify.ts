import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import type { PlannedCommand, WorkerEvent } from '../../../../shared/run/events.ts';
import type { ChangedSetup } from '../../agent/judge.ts';
import { passed } from '../../../../shared/run/state.ts';
import type { Next } from '../next/next-step.ts';
import type { StepContext } from '../ports/ports.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { ask } from './ask.ts';
import { changedSetup, differing } from './changed-setup.ts';
import { planned, runPlanned, type CommandResult } from './command.ts';
import { runCounted } from './counted.ts';

type Finished = Extract<WorkerEvent, { type: 'verification.finished' }>;

/** A fresh folder outside the agent's tree, with a sandbox of its own over it. */
interface Place {
  readonly context: StepContext;
  /** Of the verification command. */
  readonly index: number;
  readonly tree: string;
  readonly sandbox: Sandbox;
  readonly base: Checkpoint;
  readonly head: Checkpoint;
}

type Prepared =
  | { readonly outcome: 'ready'; readonly setup: Finished['setup']; readonly changed: ChangedSetup | null }
  | { readonly outcome: 'failed'; readonly setup: Finished['setup']; readonly result: CommandResult }
  | { readonly outcome: 'ask'; readonly changed: ChangedSetup }
  | { readonly outcome: 'aborted' };

/**
 * Runs one verification command on the final tree: in a fresh copy of it, set up anew, in a sandbox and with a home of its own, so that nothing the agent
 * left lying about can make it pass. Nothing that the agent wrote ever has network there: see `prepare`. Commands that belong together
 * are one command, joined by `&&`.
 */
export const verify = async (
  context: StepContext,
  step: Extract<Next, { do: 'verify' }>,
): Promise<readonly WorkerEvent[]> => {
  // That its lines were counted must not be why it failed: then it is run without that, on nothing that the first attempt left.
  return (await attempt(context, step, true)) ?? (await attempt(context, step, false)) ?? [];
};

/** Null: it is to be tried once more, with nothing counted. */
const attempt = async (
  context: StepContext,
  { index, tree: { base, head } }: Extract<Next, { do: 'verify' }>,
  count: boolean,
): Promise<readonly WorkerEvent[] | null> => {
  const { ports } = context;
  const { task } = context.state;
  await using copy = await ports.sandboxes.copy(`verify-${index}`);
  const { tree } = copy;
  await using sandbox = await ports.sandboxes.open(tree);
  const place = { context, index, tree, sandbox, base, head };
  const prepared = await prepare(place);
  switch (prepared.outcome) {
    case 'aborted':
      return [];
    case 'ask':
      return ask(context, { about: 'setup', changed: prepared.changed });
    case 'failed': {
      const { result, setup } = prepared;
      return [finished(index, { ...result, command: `${result.command} (setup)` }, { setup, notes: [] })];
    }
    case 'ready': {
      const command = planned(task.verification, index);
      // One approval is good for one attempt.
      const ran = await runCounted(place, { ...command, network: [] }, count && prepared.setup !== 'approved');
      if (ran.outcome === 'aborted') return [];
      if (ran.outcome === 'unclear') return null;
      const { result, seen } = ran;
      return [finished(index, result, { setup: prepared.setup, notes: notesOn(command, prepared) }), ...seen];
    }
  }
};

const finished = (
  index: number,
  result: CommandResult,
  { setup, notes }: { readonly setup: Finished['setup']; readonly notes: readonly string[] },
): Finished => ({
  type: 'verification.finished',
  v: 2,
  index,
  ...result,
  output: [...notes.map((note) => `[${note}]\n`), result.output].join(''),
  setup,
});

const notesOn = ({ network }: PlannedCommand, { setup, changed }: Extract<Prepared, { outcome: 'ready' }>) => [
  ...(setup === 'declined' && changed !== null
    ? [
        `The agent changed what setup reads (${changed.paths.join(', ')}). A person declined that setup: the base's ran.`,
      ]
    : []),
  ...(network.length > 0
    ? [`It names hosts (${network.join(', ')}), and has no network: the agent's files are in its tree.`]
    : []),
];

/**
 * Setup before verification. Where none of it has network it runs on the final tree. Else what has network runs as the base says, on the base's
 * files, before any of the agent's are there; then the final tree is laid over it, and what is left of setup runs without network.
 * Where the agent changed what setup reads, a person is asked whether it may run on the final tree with its network.
 */
const prepare = async (place: Place): Promise<Prepared> => {
  const { context, base, head, tree, index } = place;
  const { task, newSetup } = context.state;
  const { workspace } = context.ports;
  const last = task.setup.findLastIndex(({ network }) => network.length > 0);
  if (last === -1) {
    await workspace.checkout(head, tree);
    return (
      (await runSetup(place, { on: 'final', from: 0, through: task.setup.length, as: 'offline' })) ?? ready('offline')
    );
  }
  const networked = task.setup.slice(0, last + 1);
  const changed = await changedSetup(context, networked, { base, head });
  const said = changed !== null && newSetup?.tree === head.tree ? newSetup : null;
  if (changed !== null && said?.verdict === 'approved') {
    if (said.begun.some(({ verification }) => verification === index))
      return { outcome: 'ask', changed: changed.about(changed.paths) };
    await workspace.checkout(head, tree);
    const ended = await runSetup(place, { on: 'final', from: 0, through: task.setup.length, as: 'approved' });
    return ended ?? ready('approved');
  }
  await workspace.checkout(base, tree);
  const as = changed === null ? 'base' : 'declined';
  const ended = await runSetup(place, { on: 'base', from: 0, through: last + 1, as });
  if (ended?.outcome === 'aborted') return ended;
  // What the base's setup makes of its own files, a lock file brought up to date, is not the agent's doing.
  const left =
    changed === null || ended !== null
      ? (changed?.paths ?? [])
      : await differing(context, { head, tree, paths: changed.paths });
  const asked = changed === null || left.length === 0 ? null : changed.about(left);
  if (asked !== null && said === null) return { outcome: 'ask', changed: asked };
  if (ended !== null) return ended;
  await workspace.overlay(base, head, tree);
  const used = asked === null ? 'base' : 'declined';
  const rest = await runSetup(place, { on: 'final', from: last + 1, through: task.setup.length, as: used });
  return rest ?? { outcome: 'ready', setup: used, changed: asked };
};

const ready = (setup: Finished['setup']): Prepared => ({ outcome: 'ready', setup, changed: null });

interface SetupPart {
  readonly on: 'base' | 'final';
  /** Indices of setup commands: from this one up to, and without, that one. */
  readonly from: number;
  readonly through: number;
  readonly as: Finished['setup'];
}

/** Runs these setup commands, each on record before it begins. Null: all went well. */
const runSetup = async (
  { context, index: verification, sandbox }: Place,
  { on, from, through, as }: SetupPart,
): Promise<Extract<Prepared, { outcome: 'failed' | 'aborted' }> | null> => {
  for (const [place, command] of context.state.task.setup.slice(from, through).entries()) {
    const of = { verification, on } as const;
    const index = from + place;
    const { command: text, network } = command;
    await context.append([
      { type: 'verification.setup.started', v: 1, ...of, index, command: text, network: [...network] },
    ]);
    const result = await runPlanned(context, sandbox, command);
    if (result === null) return { outcome: 'aborted' };
    await context.append([{ type: 'verification.setup.finished', v: 1, ...of, index, ...result }]);
    if (!passed(result)) return { outcome: 'failed', setup: as, result };
  }
  return null;
};
