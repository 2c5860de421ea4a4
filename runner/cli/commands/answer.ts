import { decisionArgument, explain, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { decisionOf, subjectOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command
    .argument('<decision>', decisionArgument)
    .argument('<text...>', 'the answer; one of the choices where there are any')
    .action(
      act(async (context, decision, words) => {
        const { api, open } = await decisionOf(context, decision);
        const verdict = { kind: 'answered', answer: words.join(' ') } as const;
        const after = await api.call.decisions.decide.mutate({ ...subjectOf(open), verdict });
        return runResult(context, after, `Answered. Run ${after.number} goes on: longhaul watch ${after.number}`);
      }),
    );
  explain(command, {
    examples: [
      ['longhaul decisions dec_k3v9x2', 'read the question first'],
      ['longhaul answer dec_k3v9x2 "Keep the old name"', 'answer it'],
    ],
    json: runJson,
  });
};
