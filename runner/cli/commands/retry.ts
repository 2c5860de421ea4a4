import { Trouble } from '../../../shared/trouble.ts';
import { pausedBy } from '../../../shared/run/state.ts';
import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command.argument('<run>', runArgument).action(
    act(async (context, run) => {
      const { api, state } = await runOf(context, run);
      if (pausedBy(state) !== null)
        throw new Trouble(`Run ${state.number} is paused: it has not failed, and was not cancelled.`, {
          remedy: `Have it go on with: longhaul resume ${state.number}`,
          code: 'conflict',
        });
      const after = await api.call.runs.retry.mutate({ run: state.id });
      return runResult(context, after, `Run ${after.number} goes on from its last checkpoint.`);
    }),
  );
  explain(command, {
    about: `For a run that failed or was cancelled (one that is paused: longhaul resume): it goes on with all that it had done, on the same tree and with the same
goal. Put right first what it failed of. What it has spent stays spent; at the edge of its budget it asks for more.
Its tree is kept for 7 days after its end (retention.treeDays); later than that, delegate the task again.`,
    examples: [
      ['longhaul retry 12', 'have it go on'],
      ['longhaul retry latest && longhaul watch latest', 'and follow it'],
    ],
    json: runJson,
  });
};
