import { archivedBy } from '../../../shared/run/state.ts';
import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command.argument('<run>', runArgument).action(
    act(async (context, run) => {
      const { api, state } = await runOf(context, run);
      const after = await api.call.runs.unarchive.mutate({ run: state.id });
      return runResult(
        context,
        after,
        archivedBy(state) === null
          ? `Run ${after.number} is not archived: lists show it.`
          : `Run ${after.number} is in lists again.`,
      );
    }),
  );
  explain(command, {
    about: 'For a run that was archived. Lists show it again.',
    examples: [['longhaul unarchive 12', 'show it again']],
    json: runJson,
  });
};
