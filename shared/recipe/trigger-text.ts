import { cleanLine } from '../text/clean.ts';
import { isScheduled, wantedBy, type Trigger } from './trigger.ts';

/** What a trigger does, in a line. */
export const triggerText = (trigger: Trigger): string => {
  const { recipe, goal } = trigger;
  const first = cleanLine(goal.split('\n')[0] ?? '');
  const what = [
    recipe === null ? [] : [[`recipe ${recipe}`, ...inputTexts(trigger)].join(', ')],
    first === '' ? [] : [`"${first}"`],
  ]
    .flat()
    .join(', ');
  const published = publishText(trigger);
  return [
    whenText(trigger),
    what,
    ...limitTexts(trigger),
    ...(published === null ? [] : [`results are ${published}`]),
  ].join('; ');
};

/** What its recipe is given: `area: parser`, `what: event.title`. */
export const inputTexts = ({ inputs }: Pick<Trigger, 'inputs'>): readonly string[] =>
  Object.entries(inputs).map(([name, value]) =>
    cleanLine(`${name}: ${typeof value === 'object' ? value.from : String(value)}`),
  );

/** What becomes of its results by itself, behind "they are"; null: nothing. */
export const publishText = ({ publish, ciRepairs, recipe }: Trigger): string | null => {
  if (publish === 'no') return null;
  const repairs = ciRepairs === 0 ? '' : `, whose failing checks begin up to ${ciRepairs} more rounds`;
  const other = recipe === null ? '' : ', or as the comment, labels, issue or release that their recipe has instead';
  const by = publish === 'ask' ? 'published, once somebody has said yes,' : 'published by themselves';
  return `${by} as a ${publish === 'ready' ? 'pull request' : 'draft pull request'}${repairs}${other}`;
};

/** What it waits for: `30 2 * * 1-5 (Europe/Berlin)`, `on issue-labeled "agent"`. */
export const whenText = (trigger: Trigger): string => {
  if (isScheduled(trigger)) return `${trigger.schedule} (${trigger.timeZone})`;
  const { source, kind, value } = wantedBy(trigger);
  return `on ${source === 'webhook' ? 'webhook ' : ''}${kind}${value === null ? '' : ` "${cleanLine(value)}"`}`;
};

/** How often and how much of it, as far as it is not as ever. */
export const limitTexts = (trigger: Trigger): readonly string[] => {
  const { usdPerDay } = trigger;
  const money = usdPerDay === null ? [] : [`paused at $${usdPerDay} a day`];
  if (!isScheduled(trigger))
    return [
      ...(trigger.whileOpen === 'begin' ? [] : ['not while another is open']),
      `at most ${trigger.perDay} a day`,
      ...money,
    ];
  const { missed, whileOpen, jitterMinutes } = trigger;
  return [
    ...(missed === 'once' ? [] : [`missed: ${missed}`]),
    ...(whileOpen === 'skip' ? [] : ['while another is open, too']),
    ...(jitterMinutes === 0 ? [] : [`up to ${jitterMinutes} min later`]),
    ...money,
  ];
};
