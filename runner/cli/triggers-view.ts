import type { ListedTrigger, ShownTrigger, TriggeredRun } from '../../shared/api/triggers.ts';
import { triggerText } from '../../shared/recipe/trigger-text.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { cost, plural } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';

/** The triggers by repository and name; below each what it does, and what is wrong with it. */
export const triggersView = (triggers: readonly ListedTrigger[], paint: Paint): string => {
  const [head = '', ...lines] = table([
    ['TRIGGER', 'STATE', 'ENABLED BY', 'NEXT', 'LAST', '30 DAYS'],
    ...triggers.map((trigger) => [
      cleanLine(trigger.name),
      trigger.standing,
      trigger.enabledBy === null ? 'nobody' : cleanLine(trigger.enabledBy),
      trigger.nextAt === null ? '' : minute(trigger.nextAt),
      lastText(trigger.last),
      spentText(trigger.spent),
    ]),
  ]);
  return [
    paint.dim(head),
    ...lines.flatMap((line, at) => {
      const trigger = triggers[at];
      if (trigger === undefined) return [line];
      const about = trigger.trigger === null ? [] : [`  ${paint.dim(triggerText(trigger.trigger))}`];
      const problem = trigger.problem === null ? [] : [`  ${paint.red(cleanLine(trigger.problem))}`];
      return [line, ...about, `  ${paint.dim(cleanLine(trigger.repository) + originText(trigger.origin))}`, ...problem];
    }),
  ].join('\n');
};

/** Where it is written is worth a word where that is not its repository. */
const originText = (origin: ListedTrigger['origin']): string =>
  origin === 'runner' ? ', by the runner’s configuration' : '';

/** One trigger, and what came of it lately. */
export const shownTriggerView = ({ trigger, firings }: ShownTrigger, paint: Paint): string => {
  const lines = firings.map(({ at, about, run, said, unpublished }) => [
    minute(at),
    cleanLine(about),
    run === null ? 'no run' : runText(run),
    cleanLine(said ?? (unpublished === null ? '' : `Not published by itself: ${unpublished}`)),
  ]);
  const [head = '', ...rows] = table([['AT', 'FOR', 'CAME TO', 'WHY'], ...lines]);
  const lately = rows.length === 0 ? ['Nothing has come of it within 30 days.'] : [paint.dim(head), ...rows];
  return [triggersView([trigger], paint), '', ...lately].join('\n');
};

const lastText = (last: ListedTrigger['last']): string => {
  if (last === null) return 'never';
  return runText(last);
};

const runText = ({ number, status, failedChecks }: TriggeredRun): string =>
  [`run ${number}`, status, ...(failedChecks === 0 ? [] : [`${plural(failedChecks, 'check')} failed`])].join(', ');

const spentText = ({ runs, usd, unpriced }: ListedTrigger['spent']): string =>
  runs === 0 ? '' : `${plural(runs, 'run')}, ${cost(usd, unpriced === 0)}`;

/** A moment to the minute, as `show` tells it. */
export const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
