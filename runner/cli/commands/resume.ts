import { Trouble } from '../../../shared/trouble.ts';
import { isResumable, pausedBy } from '../../../shared/run/state.ts';
import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command.argument('<run>', runArgument).action(
    act(async (context, run) => {
      const { api, state } = await runOf(context, run);
      if (pausedBy(state) === null)
        throw new Trouble(`Run ${state.number} is not paused: it is ${state.status}.`, {
          remedy: isResumable(state)
            ? `To have it go on from its last checkpoint: longhaul retry ${state.number}`
            : `See where it is: longhaul show ${state.number}`,
          code: 'conflict',
        });
      const after = await api.call.runs.retry.mutate({ run: state.id });
      return runResult(context, after, `Run ${after.number} goes on.`);
    }),
  );
  explain(command, {
    about: 'For a run that was paused: it goes on where it stood. One that failed or was cancelled: longhaul retry.',
    examples: [['longhaul resume 12', 'have it go on']],
    json: runJson,
  });
};
