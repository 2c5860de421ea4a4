import type { ListedTrigger } from '../../shared/api/triggers.ts';
import type { Trigger } from '../../shared/recipe/trigger.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';

/** The triggers by repository and name; below each what it does, and what is wrong with it. */
export const triggersView = (triggers: readonly ListedTrigger[], paint: Paint): string => {
  const [head = '', ...lines] = table([
    ['TRIGGER', 'ENABLED BY', 'NEXT', 'LAST'],
    ...triggers.map((trigger) => [
      cleanLine(trigger.name),
      trigger.enabledBy === null ? 'nobody' : cleanLine(trigger.enabledBy),
      trigger.nextAt === null ? '' : minute(trigger.nextAt),
      lastText(trigger.last),
    ]),
  ]);
  return [
    paint.dim(head),
    ...lines.flatMap((line, at) => {
      const trigger = triggers[at];
      if (trigger === undefined) return [line];
      const about = trigger.trigger === null ? [] : [`  ${paint.dim(triggerText(trigger.trigger))}`];
      const problem = trigger.problem === null ? [] : [`  ${paint.red(cleanLine(trigger.problem))}`];
      return [line, ...about, `  ${paint.dim(cleanLine(trigger.repository))}`, ...problem];
    }),
  ].join('\n');
};

/** What a trigger does, in a line. */
export const triggerText = ({
  schedule,
  timeZone,
  recipe,
  goal,
  missed,
  whileOpen,
  jitterMinutes,
}: Trigger): string => {
  const first = cleanLine(goal.split('\n')[0] ?? '');
  const what = [recipe === null ? [] : [`recipe ${recipe}`], first === '' ? [] : [`"${first}"`]].flat().join(', ');
  const how = [
    ...(missed === 'once' ? [] : [`missed: ${missed}`]),
    ...(whileOpen === 'skip' ? [] : ['while another is open, too']),
    ...(jitterMinutes === 0 ? [] : [`up to ${jitterMinutes} min later`]),
  ];
  return [`${schedule} (${timeZone})`, what, ...how].join('; ');
};

const lastText = (last: ListedTrigger['last']): string => {
  if (last === null) return 'never';
  return `run ${last.number}, ${last.status}${last.dueAt === null ? ', by hand' : ''}`;
};

/** A moment to the minute, as `show` tells it. */
export const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
