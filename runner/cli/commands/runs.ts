import { resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { ListInput } from '../../../shared/api/runner-api.ts';
import { lineOf } from '../../../shared/run/summary.ts';
import { exit } from '../exit.ts';
import { explain } from '../help.ts';
import { wholeNumber } from '../options.ts';
import type { Define } from '../define.ts';
import { noRuns, noRunsFit, runsView } from '../runs-view.ts';

const statuses = ListInput.shape.status.unwrap().unwrap().options;

export const define: Define = (command, act) => {
  command
    .addOption(new Option('--status <status>', 'only these; "open": all that are not over').choices(statuses))
    .option('--repo <folder>', 'only runs on this repository')
    .option('--archived', 'those that are archived, too')
    .option('--limit <count>', 'at most so many', wholeNumber({ least: 1, most: 500 }), 50)
    .option('--before <number>', 'runs before this one: the next page', wholeNumber({ least: 1, most: 999_999_999 }))
    .action(
      act(async (context, options) => {
        const api = await context.existing();
        const filtered = options.status !== undefined || options.repo !== undefined || options.before !== undefined;
        const page =
          api === null
            ? { runs: [], next: null }
            : await api.call.runs.list.query({
                status: options.status ?? null,
                repository: options.repo === undefined ? null : resolve(context.cwd, options.repo),
                archived: options.archived === true,
                limit: options.limit,
                before: options.before ?? null,
              });
        const runs = page.runs.map(lineOf);
        context.printJson({ runs, next: page.next });
        if (runs.length === 0) context.print(filtered ? noRunsFit : noRuns);
        else {
          const columns = context.terminal.outIsTty ? context.terminal.columns() : null;
          context.print(runsView(runs, { now: Date.now(), columns, paint: context.paint }));
          if (page.next !== null) context.note(`There are more: longhaul runs --before ${page.next}`);
        }
        return exit.done;
      }),
    );
  explain(command, {
    about: 'Newest first. A cost with ≥ is a lower bound: some of it is unknown.',
    examples: [
      ['longhaul runs', 'the last 50 runs'],
      ['longhaul runs --status open', 'what is still going on'],
      [
        'longhaul runs --json | jq -r ".runs[] | select(.status==\\"reviewing\\") | .number"',
        'what is ready for review',
      ],
    ],
    json: `{"runs": [run, …], "next": number or null}
A run has id, number, tenant, repository, title, status, archived, detail, attention, decisions (open ones), publishAsked (the
open one about publishing its result, or null), round, createdAt,
updatedAt, activeMs, turns, tokens, usd, costKnown (false: usd is a lower bound), files, additions, deletions (null
before there is a result), verified {passed, ran}. "next" is for --before; null: there are no more.`,
  });
};
