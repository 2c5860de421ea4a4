import type { ListedTrigger, ShownTrigger } from '../../shared/api/triggers.ts';
import {
  isScheduled,
  wantedBy,
  type EventTrigger,
  type ScheduledTrigger,
  type Trigger,
} from '../../shared/recipe/trigger.ts';
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
export const triggerText = (trigger: Trigger): string => {
  const { recipe, goal } = trigger;
  const first = cleanLine(goal.split('\n')[0] ?? '');
  const inputs = Object.entries(trigger.inputs).map(([name, value]) =>
    cleanLine(`${name}: ${typeof value === 'object' ? value.from : String(value)}`),
  );
  const what = [recipe === null ? [] : [[`recipe ${recipe}`, ...inputs].join(', ')], first === '' ? [] : [`"${first}"`]]
    .flat()
    .join(', ');
  const [when, ...how] = isScheduled(trigger) ? scheduleText(trigger) : eventTexts(trigger);
  const published = publishText(trigger);
  return [when, what, ...how, ...(published === null ? [] : [`results are ${published}`])].join('; ');
};

/** What becomes of its results by itself, behind "they are"; null: nothing. */
export const publishText = ({ publish, ciRepairs, recipe }: Trigger): string | null => {
  if (publish === 'no') return null;
  const repairs = ciRepairs === 0 ? '' : `, whose failing checks begin up to ${ciRepairs} more rounds`;
  const other = recipe === null ? '' : ', or as the comment, labels, issue or release that their recipe has instead';
  return `published by themselves as a ${publish === 'draft' ? 'draft pull request' : 'pull request'}${repairs}${other}`;
};

const scheduleText = ({ schedule, timeZone, missed, whileOpen, jitterMinutes }: ScheduledTrigger): string[] => [
  `${schedule} (${timeZone})`,
  ...(missed === 'once' ? [] : [`missed: ${missed}`]),
  ...(whileOpen === 'skip' ? [] : ['while another is open, too']),
  ...(jitterMinutes === 0 ? [] : [`up to ${jitterMinutes} min later`]),
];

const eventTexts = (trigger: EventTrigger): string[] => {
  const { source, kind, value } = wantedBy(trigger);
  return [
    `on ${source === 'webhook' ? 'webhook ' : ''}${kind}${value === null ? '' : ` "${cleanLine(value)}"`}`,
    ...(trigger.whileOpen === 'begin' ? [] : ['not while another is open']),
    `at most ${trigger.perDay} a day`,
  ];
};

/** One trigger, and what came of it lately. */
export const shownTriggerView = ({ trigger, firings }: ShownTrigger, paint: Paint): string => {
  const lines = firings.map(({ at, about, run, said, unpublished }) => [
    minute(at),
    cleanLine(about),
    run === null ? 'no run' : `run ${run.number}, ${run.status}`,
    cleanLine(said ?? (unpublished === null ? '' : `Not published by itself: ${unpublished}`)),
  ]);
  const [head = '', ...rows] = table([['AT', 'FOR', 'CAME TO', 'WHY'], ...lines]);
  const lately = rows.length === 0 ? ['Nothing has come of it within 30 days.'] : [paint.dim(head), ...rows];
  return [triggersView([trigger], paint), '', ...lately].join('\n');
};

const lastText = (last: ListedTrigger['last']): string => {
  if (last === null) return 'never';
  return `run ${last.number}, ${last.status}`;
};

/** A moment to the minute, as `show` tells it. */
export const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;
