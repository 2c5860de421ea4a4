import { resultWarnings } from '../applied-view.ts';
import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';
import { roundNumber, roundOption, shownRound } from '../shown-round.ts';

export const define: Define = (command, act) => {
  command
    .argument('<run>', runArgument)
    .option('--reason <text>', 'a remark for the record')
    .option('--round <number>', roundOption, roundNumber)
    .action(
      act(async (context, run, options) => {
        const { api, state } = await runOf(context, run);
        const after = await api.call.runs.review.mutate({
          run: state.id,
          round: shownRound(state, options.round),
          verdict: 'accepted',
          reason: options.reason ?? '',
        });
        return runResult(
          context,
          after,
          [
            ...resultWarnings(after),
            after.task.output.kind === 'diff'
              ? `Run ${after.number} is accepted. Put it into your working tree with: longhaul apply ${after.number}`
              : `Run ${after.number} is accepted.`,
          ].join('\n'),
        );
      }),
    );
  explain(command, {
    about: 'Records that the result is good. It changes no file: "longhaul apply" does, before or after.',
    examples: [
      ['longhaul diff 12 && longhaul show 12', 'look at it first'],
      ['longhaul accept 12 && longhaul apply 12', 'accept it and put it into the working tree'],
      ['longhaul accept 12 --round 2', 'accept its second round'],
    ],
    json: runJson,
  });
};
