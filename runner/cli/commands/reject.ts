import { decisionArgument, explain, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { decisionOf, subjectOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command
    .argument('<decision>', decisionArgument)
    .option('--reason <text>', 'why; the agent is told')
    .action(
      act(async (context, decision, options) => {
        const { api, open } = await decisionOf(context, decision);
        const verdict = { kind: 'rejected', reason: options.reason ?? '' } as const;
        const after = await api.call.decisions.decide.mutate({ ...subjectOf(open), verdict });
        const { number } = after;
        return runResult(
          context,
          after,
          open.request.kind === 'publish'
            ? `Not published. Run ${number} stays in review: longhaul show ${number}`
            : `Rejected. Run ${number} goes on: longhaul watch ${number}`,
        );
      }),
    );
  explain(command, {
    about:
      'The agent gets your reason as the result of its call and goes on without. What was to be published is not: the result stays in review, with your reason on record.',
    examples: [['longhaul reject dec_k3v9x2 --reason "Use the package that is there"', 'refuse it, with a hint']],
    json: runJson,
  });
};
