import { Trouble, usage } from '../../shared/trouble.ts';
import type { RunState } from '../../shared/run/state.ts';
import type { DecisionSummary, RunSummary } from '../../shared/run/summary.ts';
import type { Api } from './connection/client.ts';
import { matchPrefix, readDecisionReference, readRunReference } from './ids.ts';

/** Runs asked for at once when looking for the one that an id begins. */
const PAGE = 500;

/** The run that a person means by `12`, `latest`, an id or its beginning. Throws Trouble where that is none, or several. */
export const resolveRun = async (api: Api, text: string): Promise<RunSummary> => {
  const reference = readRunReference(text);
  switch (reference.kind) {
    case 'invalid':
      throw usage(
        `${JSON.stringify(text)} is no run.`,
        'Give its number, its id or the beginning of it, or "latest": longhaul runs',
      );
    case 'latest': {
      const [run] = (await api.call.runs.list.query({ limit: 1 })).runs;
      if (run === undefined) throw notFound('There are no runs yet.', 'Delegate one with: longhaul delegate "…"');
      return run;
    }
    case 'number': {
      const [run] = (await api.call.runs.list.query({ limit: 1, before: reference.number + 1 })).runs;
      if (run?.number !== reference.number)
        throw notFound(`There is no run ${reference.number}.`, 'List them with: longhaul runs');
      return run;
    }
    case 'prefix':
      return runByPrefix(api, reference.prefix);
  }
};

/** The same with all that is known of it. */
export const resolveState = async (api: Api, text: string): Promise<RunState> =>
  api.call.runs.get.query({ run: (await resolveRun(api, text)).id });

const runByPrefix = async (api: Api, prefix: string): Promise<RunSummary> => {
  const runs: RunSummary[] = [];
  let before: number | null = null;
  do {
    const page: { readonly runs: readonly RunSummary[]; readonly next: number | null } = await api.call.runs.list.query(
      {
        limit: PAGE,
        before,
      },
    );
    const exact = page.runs.find((run) => run.id === prefix);
    if (exact !== undefined) return exact;
    runs.push(...page.runs.filter((run) => run.id.startsWith(prefix)));
    before = page.next;
  } while (before !== null);
  const match = matchPrefix(runs, prefix, (run) => run.id);
  if (match.outcome === 'one') return match.item;
  throw match.outcome === 'none'
    ? notFound(`There is no run ${prefix}.`, 'List them with: longhaul runs')
    : usage(`${prefix} could be ${match.ids.join(' or ')}.`, 'Give more of the id.');
};

/** The open decision that an id, or its beginning, names. */
export const resolveDecision = async (api: Api, text: string): Promise<DecisionSummary> => {
  const reference = readDecisionReference(text);
  if (reference.kind === 'invalid')
    throw usage(`${JSON.stringify(text)} is no decision.`, 'Give its id or the beginning of it: longhaul decisions');
  const match = matchPrefix(await api.call.decisions.list.query(), reference.prefix, ({ request }) => request.id);
  if (match.outcome === 'one') return match.item;
  throw match.outcome === 'none'
    ? notFound(
        `No decision ${reference.prefix} is open: it was made already, or never asked.`,
        'List what is open with: longhaul decisions',
      )
    : usage(`${reference.prefix} could be ${match.ids.join(' or ')}.`, 'Give more of the id.');
};

const notFound = (message: string, remedy: string): Trouble => new Trouble(message, { remedy, code: 'not_found' });
