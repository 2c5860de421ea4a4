import { archivedBy } from '../../../shared/run/state.ts';
import { actor } from '../../../shared/text/clean.ts';
import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command.argument('<run>', runArgument).action(
    act(async (context, run) => {
      const { api, state } = await runOf(context, run);
      const after = await api.call.runs.archive.mutate({ run: state.id });
      const before = archivedBy(state);
      const since = before === null ? 'is archived' : `was archived already, by ${actor(before)}`;
      return runResult(context, after, `Run ${after.number} ${since}: longhaul runs leaves it out.`);
    }),
  );
  explain(command, {
    about:
      'For a run that is over. Lists leave it out from then on: longhaul runs --archived shows it. Nothing of it is gone: longhaul unarchive brings it back.',
    examples: [['longhaul archive 12', 'hide it']],
    json: runJson,
  });
};
