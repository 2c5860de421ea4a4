import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command
    .argument('<run>', runArgument)
    .option('--reason <text>', 'why, for the record')
    .action(
      act(async (context, run, options) => {
        const { api, state } = await runOf(context, run);
        const after = await api.call.runs.cancel.mutate({ run: state.id, reason: options.reason ?? '' });
        return runResult(context, after, `Run ${after.number} is cancelled.`);
      }),
    );
  explain(command, {
    about:
      'It is over after that, unless somebody resumes it: longhaul retry. Its log stays, and so does your repository as it was.',
    examples: [['longhaul cancel 12 --reason "solved otherwise"', 'stop it']],
    json: runJson,
  });
};
