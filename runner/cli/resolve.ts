import { Trouble, usage } from '../../shared/trouble.ts';
import type { RunState } from '../../shared/run/state.ts';
import type { DecisionSummary, RunSummary } from '../../shared/run/summary.ts';
import type { Api } from './connection/client.ts';
import { runnerWithRuns, type CommandContext } from './context.ts';
import { matchPrefix, readDecisionReference, readRunReference, type Match } from './ids.ts';

/** Runs asked for at once when looking for the one that an id begins. */
const pageSize = 500;

/** The run that a person means by `12`, `latest`, an id or its beginning, and the runner that has it. Throws Trouble where that is none, or several. */
export const runOf = async (
  context: CommandContext,
  text: string,
): Promise<{ readonly api: Api; readonly state: RunSummary }> => {
  const api = await runnerWithRuns(context);
  return { api, state: await resolveRun(api, text) };
};

const resolveRun = async (api: Api, text: string): Promise<RunSummary> => {
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
      const [run] = (await api.call.runs.list.query({ limit: 1, before: reference.number + 1, archived: true })).runs;
      if (run?.number !== reference.number)
        throw notFound(
          `There is no run ${reference.number}: it was deleted, or never was.`,
          'List them with: longhaul runs',
        );
      return run;
    }
    case 'prefix':
      return runByPrefix(api, reference.prefix, text);
  }
};

/** The same with all that is known of it. */
export const stateOf = async (
  context: CommandContext,
  text: string,
): Promise<{ readonly api: Api; readonly state: RunState }> => {
  const { api, state } = await runOf(context, text);
  return { api, state: await api.call.runs.get.query({ run: state.id }) };
};

const runByPrefix = async (api: Api, prefix: string, typed: string): Promise<RunSummary> => {
  const runs: RunSummary[] = [];
  let before: number | null = null;
  do {
    const page: { readonly runs: readonly RunSummary[]; readonly next: number | null } = await api.call.runs.list.query(
      {
        limit: pageSize,
        before,
        archived: true,
      },
    );
    const exact = page.runs.find((run) => run.id === prefix);
    if (exact !== undefined) return exact;
    runs.push(...page.runs.filter((run) => run.id.startsWith(prefix)));
    before = page.next;
  } while (before !== null);
  return onlyOne(
    matchPrefix(runs, prefix, (run) => run.id),
    { prefix, none: notFound(`There is no run ${typed}.`, 'List them with: longhaul runs') },
  );
};

/** What names a run and no decision. */
const isRun = (text: string): boolean => /^(?:#?[1-9]\d{0,8}|latest|run_[a-z0-9]{1,40})$/.test(text);

/** What a run asks, if that is one thing. */
const onlyDecisionOf = async (api: Api, text: string): Promise<DecisionSummary> => {
  const { id, number } = await resolveRun(api, text);
  const asked = (await api.call.decisions.list.query()).filter(({ run }) => run === id);
  const [only] = asked;
  if (only === undefined) throw notFound(`Run ${number} asks nothing.`, `See how it stands: longhaul show ${number}`);
  if (asked.length === 1) return only;
  const ids = asked.map(({ request }) => request.id).join(' or ');
  throw usage(`Run ${number} asks several things.`, `Say which: ${ids}.`);
};

/**
 * The open decision that an id, its beginning, or the run that asks it names, and the runner that has it. Throws Trouble where that is none, or
 * several.
 */
export const decisionOf = async (
  context: CommandContext,
  text: string,
): Promise<{ readonly api: Api; readonly open: DecisionSummary }> => {
  const api = await runnerWithRuns(context);
  if (isRun(text)) return { api, open: await onlyDecisionOf(api, text) };
  const reference = readDecisionReference(text);
  if (reference.kind === 'invalid')
    throw usage(`${JSON.stringify(text)} is no decision.`, 'Give its id or the beginning of it: longhaul decisions');
  const { prefix } = reference;
  const none = notFound(
    `No decision ${prefix} is open: it was made already, or never asked.`,
    'List what is open with: longhaul decisions',
  );
  const match = matchPrefix(await api.call.decisions.list.query(), prefix, ({ request }) => request.id);
  return { api, open: onlyOne(match, { prefix, none }) };
};

/** What a verdict is about: the decision as it was shown. */
export const subjectOf = ({ run, request }: DecisionSummary) => ({ run, decision: request.id, hash: request.hash });

const onlyOne = <Item>(
  match: Match<Item>,
  { prefix, none }: { readonly prefix: string; readonly none: Trouble },
): Item => {
  if (match.outcome === 'one') return match.item;
  if (match.outcome === 'none') throw none;
  throw usage(`${prefix} could be ${match.ids.join(' or ')}.`, 'Give more of the id.');
};

const notFound = (message: string, remedy: string): Trouble => new Trouble(message, { remedy, code: 'not_found' });
