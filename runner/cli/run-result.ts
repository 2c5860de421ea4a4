import type { RunState } from '../../shared/run/state.ts';
import { lineOf } from '../../shared/run/summary.ts';
import type { CommandContext } from './context.ts';
import { exit, type ExitCode } from './exit.ts';

/** Ends a command that did one thing to a run: the run as JSON, or a sentence. */
export const runResult = (context: CommandContext, run: RunState, sentence: string): ExitCode => {
  context.printJson({ run: lineOf(run) });
  context.print(sentence);
  return exit.done;
};
