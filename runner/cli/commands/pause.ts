import { pausedBy } from '../../../shared/run/state.ts';
import { actor } from '../../../shared/text/clean.ts';
import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command.argument('<run>', runArgument).action(
    act(async (context, run) => {
      const { api, state } = await runOf(context, run);
      const before = pausedBy(state);
      const after = await api.call.runs.pause.mutate({ run: state.id });
      const when =
        after.status === 'working' ? 'pauses once its worker has finished the step that it is at' : 'is paused';
      const since = before === null ? '' : `: ${actor(before)} paused it already`;
      return runResult(context, after, `Run ${after.number} ${when}${since}.`);
    }),
  );
  explain(command, {
    about: `For a run that is queued or works. What is under way is finished, a command too; then it stands still, without a worker,
until somebody has it go on: longhaul resume. A run that is paused stays so, whatever is restarted.`,
    examples: [['longhaul pause 12', 'have it stand still']],
    json: runJson,
  });
};
