import type { PlannedCommand, WorkerEvent } from '../../../../shared/run/events.ts';
import { passed } from '../../../../shared/run/state.ts';
import type { Next } from '../next/next-step.ts';
import type { Sandbox, SandboxCommand } from '../../../sandbox/sandbox.ts';
import type { StepContext } from '../ports/ports.ts';
import type { CommandEnd } from '../../agent/notes.ts';
import { headAndTail } from '../../tools/output.ts';
import { keepSetup } from './keep.ts';

/** How a command of Longhaul's own ended, whichever it was. */
export type CommandResult = Omit<CommandEnd, 'index'>;

/** What there is to say of a command that did not run. */
export const notRun = () => ({ exitCode: null, outputBlob: null, durationMs: 0, refusedHosts: [], reachedHosts: [] });

/** What is kept of an output at all. */
const keptBytes = 4 * 1024 * 1024;

/** Prepares the tree as the repository says, before the agent is asked anything. */
export const setUp = async (
  context: StepContext,
  { index, tree }: Extract<Next, { do: 'setup' }>,
): Promise<readonly WorkerEvent[]> => {
  const command = planned(context.state.task.setup, index);
  const result = await runPlanned(context, await context.sandbox(), command);
  if (result === null) return [];
  return [...(await keepSetup(context, tree)), { type: 'setup.finished', v: 2, index, ...result }];
};

/** A command that ended its worker so often is not run again: on record it counts as one that failed. */
export const giveUp = (
  { state }: Pick<StepContext, 'state'>,
  { step, index, losses }: { readonly step: 'setup' | 'verification'; readonly index: number; readonly losses: number },
): readonly WorkerEvent[] => {
  const result = {
    v: 2,
    index,
    command: planned(state.task[step], index).command,
    outcome: 'cancelled',
    output: `This command ended its worker ${losses === 2 ? 'twice' : `${losses} times`}; it was not run a third time.`,
    ...notRun(),
  } satisfies Omit<Extract<WorkerEvent, { type: 'setup.finished' }>, 'type'>;
  return [
    step === 'setup'
      ? { type: 'setup.finished', ...result }
      : { type: 'verification.finished', ...result, setup: 'unrecorded' },
  ];
};

/** Runs the setup commands that were run once more, on a machine that has none of what they left. Gives those that now fail. */
export const setUpAgain = async (
  context: StepContext,
  sandbox: () => Promise<Sandbox> = context.sandbox,
): Promise<readonly number[]> => {
  const { setup, task } = context.state;
  const failed: number[] = [];
  for (const record of setup) {
    // One that ended its worker twice is on record as cancelled: a third time would do the same to this one.
    if (record.outcome === 'cancelled') continue;
    const result = await runPlanned(context, await sandbox(), planned(task.setup, record.index));
    if (result === null) return [];
    if (passed(record) && !passed(result)) failed.push(record.index);
  }
  return failed;
};

export const planned = (commands: readonly PlannedCommand[], index: number): PlannedCommand => {
  const command = commands[index];
  if (command === undefined) throw new Error(`there is no command ${index}`);
  return command;
};

interface Planned extends PlannedCommand {
  /** Left out: the shell runs it as it was written. */
  readonly argv?: SandboxCommand['argv'];
}

/** Null: aborted. */
export const runPlanned = async (
  { ports, signal }: StepContext,
  sandbox: Sandbox,
  planned: Planned,
): Promise<CommandResult | null> => {
  const { command, network, timeoutSeconds, argv = ['/bin/bash', '-c', command] } = planned;
  const { outcome, exitCode, output, durationMs, refusedHosts, reachedHosts } = await sandbox.run(
    { argv, timeoutMs: timeoutSeconds * 1000, network, maxOutputBytes: keptBytes },
    { signal },
  );
  if (signal.aborted) return null;
  const ended =
    outcome === 'memory' ? `${output}\n[stopped: its processes used more memory than they may together]` : output;
  const { output: shown, full } = headAndTail(ports.redact(ended));
  return {
    command,
    outcome: outcome === 'memory' ? 'limit' : outcome,
    exitCode,
    output: shown,
    outputBlob: full === null ? null : await ports.blobs.put(Buffer.from(full)),
    durationMs: Math.round(durationMs),
    refusedHosts: [...refusedHosts].sort(),
    reachedHosts: [...reachedHosts].sort(),
  };
};
