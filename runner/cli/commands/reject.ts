import { runnerWithRuns } from '../context.ts';
import { decisionArgument, explain, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { resolveDecision } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command
    .argument('<decision>', decisionArgument)
    .option('--reason <text>', 'why; the agent is told')
    .action(
      act(async (context, decision: string, options: { reason?: string }) => {
        const api = await runnerWithRuns(context);
        const { run, request } = await resolveDecision(api, decision);
        const after = await api.call.decisions.decide.mutate({
          run,
          decision: request.id,
          hash: request.hash,
          verdict: { kind: 'rejected', reason: options.reason ?? '' },
        });
        return runResult(context, after, `Rejected. Run ${after.number} goes on: longhaul watch ${after.number}`);
      }),
    );
  explain(command, {
    about: 'The agent gets your reason as the result of its call and goes on without.',
    examples: [['longhaul reject dec_k3v9x2 --reason "Use the package that is there"', 'refuse it, with a hint']],
    json: runJson,
  });
};
