import { usage } from '../../../shared/trouble.ts';
import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';
import { roundNumber, roundOption, shownRound } from '../shown-round.ts';

export const define: Define = (command, act) => {
  command
    .argument('<run>', runArgument)
    .option('--reason <text>', 'why it is rejected, for the record')
    .option('--changes <text>', 'do not reject it: say what shall be changed, and the agent goes on')
    .option('--round <number>', roundOption, roundNumber)
    .action(
      act(async (context, run, options) => {
        const { reason, changes } = options;
        if (reason !== undefined && changes !== undefined)
          throw usage('It is either rejected or changed.', 'Give --reason or --changes, not both.');
        const { api, state } = await runOf(context, run);
        const verdict = changes === undefined ? 'rejected' : 'changes';
        const after = await api.call.runs.review.mutate({
          run: state.id,
          round: shownRound(state, options.round),
          verdict,
          reason: changes ?? reason ?? '',
        });
        return runResult(
          context,
          after,
          verdict === 'rejected'
            ? `Run ${after.number} is rejected.`
            : `Run ${after.number} goes on with round ${after.round}. Follow it with: longhaul watch ${after.number}`,
        );
      }),
    );
  explain(command, {
    about: `Rejects the result: the run is over, nothing was changed in your repository. With --changes the same run goes on
with another round instead, from where it stands.`,
    examples: [
      ['longhaul discard 12 --reason "wrong approach"', 'reject it'],
      ['longhaul discard 12 --changes "Add a test for the empty file"', 'ask for another round'],
    ],
    json: runJson,
  });
};
