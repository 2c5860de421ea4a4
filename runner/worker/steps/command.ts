import { chown, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { PlannedCommand, WorkerEvent } from '../../../shared/run/events.ts';
import { passed } from '../../../shared/run/state.ts';
import type { Sandbox, SandboxResult } from '../sandbox/sandbox.ts';
import type { StepContext } from '../ports.ts';
import { headAndTail } from '../tools/output.ts';
import { keepSetup } from './keep.ts';

type CommandResult = Omit<Extract<WorkerEvent, { type: 'setup.finished' }>, 'type' | 'v'>;

/** What is kept of an output at all. */
const keptBytes = 4 * 1024 * 1024;

/** Prepares the tree as the repository says, before the agent is asked anything. */
export const setUp = async (context: StepContext, index: number): Promise<readonly WorkerEvent[]> => {
  const command = planned(context.state.task.setup, index);
  const result = await runPlanned(context, await context.sandbox(), command);
  if (result === null) return [];
  return [...(await keepSetup(context)), { type: 'setup.finished', v: 1, index, ...result }];
};

/** A command that ended its worker so often is not run again: on record it counts as one that failed. */
export const giveUp = (
  { state }: Pick<StepContext, 'state'>,
  { step, index, losses }: { readonly step: 'setup' | 'verification'; readonly index: number; readonly losses: number },
): readonly WorkerEvent[] => {
  const result = {
    v: 1,
    index,
    command: planned(state.task[step], index).command,
    outcome: 'cancelled',
    exitCode: null,
    output: `This command ended its worker ${losses === 2 ? 'twice' : `${losses} times`}; it was not run a third time.`,
    outputBlob: null,
    durationMs: 0,
  } as const;
  return [step === 'setup' ? { type: 'setup.finished', ...result } : { type: 'verification.finished', ...result }];
};

/** Runs the setup commands that were run once more, on a machine that has none of what they left. Gives those that now fail. */
export const setUpAgain = async (context: StepContext): Promise<readonly number[]> => {
  const { setup, task } = context.state;
  const failed: number[] = [];
  for (const record of setup) {
    const result = await runPlanned(context, await context.sandbox(), planned(task.setup, record.index));
    if (result === null) return [];
    if (passed(record) && !(result.outcome === 'exited' && result.exitCode === 0)) failed.push(record.index);
  }
  return failed;
};

/**
 * Runs one verification command on the final tree: in a fresh copy of it, set up anew, in a sandbox of its own, so that
 * nothing the agent left lying about can make it pass. Commands that belong together are one command, joined by `&&`.
 */
export const verify = async (context: StepContext, index: number): Promise<readonly WorkerEvent[]> => {
  const { state, ports } = context;
  if (state.head === null) throw new Error(`run ${state.id} is verified before it was prepared`);
  const folder = path.join(ports.sandboxes.folder, `verify-${index}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o711 });
  try {
    const tree = path.join(folder, 'tree');
    await mkdir(tree, { mode: 0o700 });
    if (ports.owner !== null) await chown(tree, ports.owner.uid, ports.owner.gid);
    await ports.workspace.checkout(state.head, tree);
    await using sandbox = await ports.sandboxes.open(tree);
    for (const setup of state.task.setup) {
      const result = await runPlanned(context, sandbox, setup);
      if (result === null) return [];
      if (result.exitCode !== 0)
        return [{ type: 'verification.finished', v: 1, index, ...result, command: `${setup.command} (setup)` }];
    }
    const result = await runPlanned(context, sandbox, planned(state.task.verification, index));
    return result === null ? [] : [{ type: 'verification.finished', v: 1, index, ...result }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const planned = (commands: readonly PlannedCommand[], index: number): PlannedCommand => {
  const command = commands[index];
  if (command === undefined) throw new Error(`there is no command ${index}`);
  return command;
};

/** Null: aborted. */
const runPlanned = async (
  { ports, signal }: StepContext,
  sandbox: Sandbox,
  planned: PlannedCommand,
): Promise<Omit<CommandResult, 'index'> | null> => {
  const result = await sandbox.run(
    {
      argv: ['/bin/bash', '-c', planned.command],
      timeoutMs: planned.timeoutSeconds * 1000,
      network: planned.network,
      maxOutputBytes: keptBytes,
    },
    { signal },
  );
  if (signal.aborted) return null;
  return { command: planned.command, ...(await kept(result, ports)), durationMs: Math.round(result.durationMs) };
};

const kept = async (
  result: SandboxResult,
  ports: StepContext['ports'],
): Promise<Pick<CommandResult, 'outcome' | 'exitCode' | 'output' | 'outputBlob'>> => {
  const { outcome, exitCode, output } = result;
  const ended =
    outcome === 'memory' ? `${output}\n[stopped: its processes used more memory than they may together]` : output;
  const { output: shown, full } = headAndTail(ports.redact(ended));
  return {
    outcome: outcome === 'memory' ? 'limit' : outcome,
    exitCode,
    output: shown,
    outputBlob: full === null ? null : await ports.blobs.put(Buffer.from(full)),
  };
};
