import { t } from '@vscode/l10n';
import type { Json } from '../../../shared/decision/decision.ts';
import { lineOf, outputText, type RunSummary } from '../../../shared/run/summary.ts';
import { passed } from '../../../shared/run/state.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { changeSize, cost, span } from '../../../shared/text/figures.ts';
import { inLocalTime } from './local-time.ts';
import { oneLine } from './one-line.ts';

/** What model calls cost: a lower bound where a part of it is unknown; and what nobody knows is no 0. */
export const costFact = ({ usd, unpriced }: Pick<RunSummary['spent'], 'usd' | 'unpriced'>): string =>
  cost(usd, unpriced === 0);

/** The same where no label says that it is a cost. */
export const costText = (spent: Pick<RunSummary['spent'], 'usd' | 'unpriced'>): string =>
  costFact(spent) === 'unknown' ? t('cost unknown') : costFact(spent);

/** Until when a decision waits, seen from now. */
export const expiry = (expiresAt: string, now: number): string => {
  const left = Date.parse(expiresAt) - now;
  return left <= 0 ? t('expired') : t('{0} left', span(left));
};

/** Milliseconds that workers had the run, with the time since the present one took it. */
export const activeMs = (state: RunSummary, now: number): number =>
  state.spent.activeMs + (state.leasedAt === null ? 0 : Math.max(0, now - Date.parse(state.leasedAt)));

/** What verification showed of this round; null: it has not run, and would have to. */
export const evidence = ({ verification }: Pick<RunSummary, 'verification'>): string | null => {
  if (verification.length === 0) return null;
  const good = verification.filter(passed).length;
  return good === verification.length
    ? t('{0} of {1} checks pass', good, good)
    : t('{0} of {1} checks failed', verification.length - good, verification.length);
};

/** The same of a result under review, with whether it is known which lines they ran. */
export const checksText = (run: Pick<RunSummary, 'verification'> | undefined): string => {
  const shown = run === undefined ? null : evidence(run);
  if (shown === null) return t('No check ran on this result.');
  const counted = run?.verification.some(({ coverage }) => coverage !== null) === true;
  return counted
    ? t('On the whole result {0}.', shown)
    : t('On the whole result {0}; which lines they ran is not on record.', shown);
};

/** The size of the result of a round; null: there is none yet, or it is no change. */
export const changes = ({ result, output }: Pick<RunSummary, 'result' | 'output'>): string | null =>
  result === null || output !== null ? null : changeSize(result);

/** What waits for a review: what it is, and what was shown of it. What is no change cannot be verified, and nothing is said of that. */
export const handedOver = (run: Pick<RunSummary, 'result' | 'output' | 'verification'>) => ({
  size: run.output === null ? (changes(run) ?? t('no changes')) : outputText(run.output),
  shown: evidence(run) ?? (run.output === null ? t('not verified') : ''),
});

/** What a run is at, in one line; until when it waits by the clock of the reader. */
export const detailOf = (state: RunSummary): string => {
  const { detail } = lineOf(state);
  // All else may have a moment in it that somebody wrote.
  const isOurs = state.status === 'queued' || (state.status === 'waiting' && state.until.kind === 'time');
  return isOurs ? inLocalTime(detail) : detail;
};

/** A run as rows and notifications call it, its number first: several may have one title, and what is too long is cut behind. */
export const titleOf = ({ number, title }: { readonly number: number; readonly title: string }, max: number): string =>
  `#${number} ${oneLine(title, max)}`;

/** A run as dialogs name it, with its round: what is decided there is about that one. */
export const namedRun = ({ number, round, task }: Pick<RunSummary, 'number' | 'round' | 'task'>): string =>
  t('#{0} {1} (round {2})', number, oneLine(task.title, 80), round);

/** Arguments as they are sent, readable: a command is shown as itself by its own field. */
export const argumentsText = (value: Json): string => JSON.stringify(value, null, 2);

/** The last part of a repository's path or URL, as people call it. */
export const repositoryName = (repository: string): string =>
  cleanLine(
    repository
      .replace(/[/\\]+$/, '')
      .replace(/\.git$/, '')
      .split(/[/\\:]/)
      .at(-1) ?? '',
  ) || cleanLine(repository);

/** Of what is asked, where its repository stands behind it: in a view of 300 pixels both can be read. */
export const labelCharacters = 24;
