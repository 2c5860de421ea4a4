import { explain, runArgument, runJson } from '../help.ts';
import type { Define } from '../define.ts';
import { runOf } from '../resolve.ts';
import { runResult } from '../run-result.ts';

export const define: Define = (command, act) => {
  command
    .argument('<run>', runArgument)
    .argument('<text...>', 'what to tell it')
    .action(
      act(async (context, run, words) => {
        const { api, state } = await runOf(context, run);
        const after = await api.call.runs.message.mutate({ run: state.id, text: words.join(' ') });
        return runResult(context, after, `Told run ${after.number}. The agent reads it before its next turn.`);
      }),
    );
  explain(command, {
    about: 'The agent reads it before its next turn. A run that waits for a decision goes on waiting.',
    examples: [['longhaul message 12 "Leave the public API as it is"', 'a hint in passing']],
    json: runJson,
  });
};
