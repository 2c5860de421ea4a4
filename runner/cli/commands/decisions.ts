import type { DecisionSummary } from '../../../shared/run/summary.ts';
import type { Api } from '../connection/client.ts';
import type { CommandContext } from '../context.ts';
import { readPublished } from '../publication-view.ts';
import { decisionHash, hashWarning } from '../decision-hash.ts';
import { decisionView, noDecisions } from '../decision-view.ts';
import { exit } from '../exit.ts';
import { explain, decisionArgument } from '../help.ts';
import type { Define } from '../define.ts';
import { decisionOf } from '../resolve.ts';

const wanted = async (
  context: CommandContext,
  decision: string | undefined,
): Promise<{ readonly api: Api | null; readonly decisions: readonly DecisionSummary[] }> => {
  if (decision !== undefined) {
    const { api, open } = await decisionOf(context, decision);
    return { api, decisions: [open] };
  }
  const api = await context.existing();
  return { api, decisions: (await api?.call.decisions.list.query()) ?? [] };
};

export const define: Define = (command, act) => {
  command.argument('[decision]', `only this one: ${decisionArgument}`).action(
    act(async (context, decision) => {
      const { api, decisions } = await wanted(context, decision);
      context.printJson({
        decisions: decisions.map((open) => ({ ...open, hashMatches: decisionHash(open) === open.request.hash })),
      });
      const views: string[] = [];
      for (const open of decisions) {
        const published = api === null ? null : await readPublished(api, open);
        const view = decisionView(open, { now: Date.now(), paint: context.paint, published });
        views.push([view, ...hashWarning(open, context.paint)].join('\n'));
      }
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
A request has id, kind (call, question, budget, setup, retry, changes, publish), requester, action, tool, arguments, hash, reason, consequence,
expiresAt, onExpiry and choices. The arguments of one about publishing are the round, its patch, the effects and what
looks like a secret; texts and patch stand there by their SHA-256. "hashMatches" false: it is not what its hash says; do not decide it.`,
  });
};
