import type { Coverage } from '../../../../shared/review/coverage.ts';
import type { Checkpoint } from '../../../../shared/run/artifacts.ts';
import type { PlannedCommand, WorkerEvent } from '../../../../shared/run/events.ts';
import { passed } from '../../../../shared/run/state.ts';
import type { Sandbox } from '../../../sandbox/sandbox.ts';
import { canCount, counting, hasCounted, linesRunBy, type Ran } from '../../coverage/collect.ts';
import type { StepContext } from '../ports/ports.ts';
import { runPlanned, type CommandResult } from './command.ts';

/** Where a verification command runs. */
interface Place {
  readonly context: StepContext;
  readonly index: number;
  readonly tree: string;
  readonly sandbox: Sandbox;
  readonly base: Checkpoint;
  readonly head: Checkpoint;
}

export type CountedRun =
  | { readonly outcome: 'aborted' }
  /** It did not pass, and that its lines were counted may be why. */
  | { readonly outcome: 'unclear' }
  | { readonly outcome: 'ran'; readonly result: CommandResult; readonly seen: readonly WorkerEvent[] };

/** A file that is longer is nobody's to review, bytes. */
const mostFileBytes = 1024 * 1024;

/**
 * Runs a verification command, with which lines of the result it was seen to run where it passes. `count`: processes of Node may be had count
 * them, which costs them time and space.
 */
export const runCounted = async (
  { context, index, tree, sandbox, base, head }: Place,
  command: PlannedCommand,
  count: boolean,
): Promise<CountedRun> => {
  const { workspace, sandboxes } = context.ports;
  const added = await workspace.addedLines(base, head);
  const home = count && canCount(added.keys()) ? sandboxes.homeOf(tree) : null;
  const since = Date.now();
  const result = await runPlanned(
    context,
    sandbox,
    home === null ? command : { ...command, argv: counting(command.command) },
  );
  if (result === null) return { outcome: 'aborted' };
  if (!passed(result)) {
    if (await hasCounted(home)) return { outcome: 'unclear' };
    return { outcome: 'ran', result, seen: [] };
  }
  const read: Ran['read'] = (paths) => workspace.readFiles(head, paths, mostFileBytes);
  const seen = await seenBy(context, { tree, home, since, added, read }, head).catch((error: unknown) => {
    if (context.signal.aborted) throw error;
    // What it left cannot be read: nothing is known of its lines, and it passed.
    return null;
  });
  if (seen === null) return { outcome: 'ran', result, seen: [] };
  return {
    outcome: 'ran',
    result,
    seen: [{ type: 'verification.counted', v: 1, index, command: command.command, ...seen }],
  };
};

type Seen = Omit<Extract<WorkerEvent, { type: 'verification.counted' }>, 'type' | 'v' | 'index' | 'command'>;

/** Null: nothing is known. */
const seenBy = async ({ ports }: StepContext, ran: Ran, { tree }: Checkpoint): Promise<Seen | null> => {
  if (ran.added.size === 0) return null;
  const files = await linesRunBy(ran);
  if (files.length === 0) return null;
  const coverage: Coverage = { tree, files: [...files] };
  const count = (which: 'run' | 'missed'): number =>
    files.reduce((sum, file) => file[which].reduce((lines, [first, last]) => lines + last - first + 1, sum), 0);
  return {
    blob: await ports.blobs.put(Buffer.from(JSON.stringify(coverage))),
    run: count('run'),
    missed: count('missed'),
  };
};
