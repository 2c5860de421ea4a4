import { decisionHash, hashWarning } from '../decision-hash.ts';
import { decisionView, noDecisions } from '../decision-view.ts';
import { exit } from '../exit.ts';
import { explain, decisionArgument } from '../help.ts';
import type { Define } from '../define.ts';
import { decisionOf } from '../resolve.ts';

export const define: Define = (command, act) => {
  command.argument('[decision]', `only this one: ${decisionArgument}`).action(
    act(async (context, decision) => {
      const decisions =
        decision === undefined
          ? ((await (await context.existing())?.call.decisions.list.query()) ?? [])
          : [(await decisionOf(context, decision)).open];
      context.printJson({
        decisions: decisions.map((open) => ({ ...open, hashMatches: decisionHash(open) === open.request.hash })),
      });
      const views = decisions.map((open) =>
        [decisionView(open, { now: Date.now(), paint: context.paint }), ...hashWarning(open, context.paint)].join('\n'),
      );
      context.print(views.length === 0 ? noDecisions : views.join('\n\n'));
      return exit.done;
    }),
  );
  explain(command, {
    about: `Everything that waits for a person: what is asked exactly, why, what happens then, until when. A decision that
expired is still there: nothing was done, and the run waits.`,
    examples: [
      ['longhaul decisions', 'all of them'],
      ['longhaul approve dec_k3v9x2', 'decide one'],
    ],
    json: `{"decisions": [{"run", "title", "tenant", "status": "pending" | "expired", "request", "hashMatches"}, …]}
A request has id, kind (call, question, budget, retry), requester, action, tool, arguments, hash, reason, consequence,
expiresAt, onExpiry and choices. "hashMatches" false: it is not what its hash says; do not decide it.`,
  });
};
