import { t } from '@vscode/l10n';
import type { scheduleOf } from '../../../../runner/local/schedule.ts';
import { outputFault } from '../../../../shared/recipe/trigger-recipe.ts';
import { isScheduled, parseTrigger, TriggerName, type GitHubEventKind } from '../../../../shared/recipe/trigger.ts';
import type { Draft, When } from './draft.ts';

/** Reads a schedule: loaded when somebody describes an automation, and not before. */
export type ScheduleOf = typeof scheduleOf;

/** What an event of GitHub is compared with, by the name that the file has for it; null: each of its kind counts. */
export const comparedWith: Readonly<
  Record<GitHubEventKind, 'label' | 'assignee' | 'command' | 'branch' | 'state' | null>
> = {
  'issue-labeled': 'label',
  comment: 'command',
  'review-submitted': 'state',
  'checks-failed': 'branch',
  'issue-opened': null,
  'issue-assigned': 'assignee',
  'workflow-failed': 'branch',
  push: 'branch',
  'release-published': null,
  'dependabot-alert': null,
  'code-scanning-alert': null,
  'secret-scanning-alert': null,
};

const isGitHubEvent = (event: string): event is GitHubEventKind => event in comparedWith;

/** What a file says of what begins it. */
const beginning = (when: When): Readonly<Record<string, unknown>> => {
  switch (when.kind) {
    case 'schedule':
      return { schedule: when.schedule, ...(when.timeZone === 'UTC' ? {} : { timeZone: when.timeZone }) };
    case 'webhook':
      return { on: { webhook: when.name } };
    case 'github': {
      const field = isGitHubEvent(when.event) ? comparedWith[when.event] : null;
      return { on: { github: when.event, ...(field === null ? {} : { [field]: when.value ?? '' }) } };
    }
  }
};

/** What the file is to say, without what is as ever. */
const definitionOf = (draft: Draft): Readonly<Record<string, unknown>> => {
  const { when, recipe, goal, publish, ciRepairs, missed, whileOpen, perDay, usdPerDay } = draft;
  const isOnTime = when?.kind === 'schedule';
  return {
    ...(when === null ? {} : beginning(when)),
    ...(recipe === null ? {} : { recipe: recipe.name }),
    ...(recipe === null || Object.keys(recipe.inputs).length === 0 ? {} : { inputs: recipe.inputs }),
    ...(goal === null || goal.trim() === '' ? {} : { goal: goal.trim() }),
    ...(isOnTime && missed !== 'once' ? { missed } : {}),
    ...(whileOpen === null ? {} : { whileOpen }),
    ...(!isOnTime && perDay !== null ? { perDay } : {}),
    ...(usdPerDay === null ? {} : { usdPerDay }),
    ...(publish === 'no' ? {} : { publish }),
    ...(publish === 'no' || ciRepairs === 0 ? {} : { ciRepairs }),
  };
};

/** What it is looked at with. `others`: names that are taken. */
export interface Known {
  readonly others: readonly string[];
  readonly scheduleOf: ScheduleOf;
}

/** Why the runner could not use it, a sentence each, as the runner itself would find; empty: it could. */
export const faultsOf = (draft: Draft, { others, scheduleOf: of }: Known): readonly string[] => {
  const parsed = parseTrigger(definitionOf(draft));
  if (parsed.outcome === 'refused') return [...nameFaults(draft.name ?? '', others), ...parsed.faults];
  const { trigger } = parsed;
  const schedule = isScheduled(trigger) ? of(trigger) : null;
  const output = draft.recipe === null ? null : outputFault(trigger, draft.recipe.output);
  return [
    ...nameFaults(draft.name ?? '', others),
    ...(schedule?.outcome === 'refused' ? [schedule.fault] : []),
    ...(output === null ? [] : [`${output.message} ${output.remedy}`]),
  ];
};

export const nameFaults = (name: string, others: readonly string[]): readonly string[] => {
  const parsed = TriggerName.safeParse(name);
  if (!parsed.success) return [t('The name cannot be used: {0}.', parsed.error.issues[0]?.message ?? '')];
  return others.includes(name) ? [t('There is one of that name already.')] : [];
};

/** What is wrong with what begins it; null: nothing. */
export const whenFault = (when: When, of: ScheduleOf): string | null => {
  const parsed = parseTrigger({ ...beginning(when), goal: 'x' });
  if (parsed.outcome === 'refused') return parsed.faults.join(' ');
  const found = isScheduled(parsed.trigger) ? of(parsed.trigger) : null;
  return found?.outcome === 'refused' ? found.fault : null;
};

/** The next times of a schedule, ISO; empty: it is none. */
export const nextTimes = (when: When, now: number, of: ScheduleOf): readonly string[] => {
  if (when.kind !== 'schedule' || whenFault(when, of) !== null) return [];
  const found = of(when);
  if (found.outcome === 'refused') return [];
  const times: number[] = [];
  for (let at = found.schedule.nextAfter(now); at !== null && times.length < 3; at = found.schedule.nextAfter(at))
    times.push(at);
  return times.map((at) => new Date(at).toISOString());
};

/** A word that YAML takes for itself and for nothing else. */
const isPlain = (text: string): boolean => /^[a-z][a-z0-9-]*$/.test(text) && !/^(true|false|null)$/.test(text);

/** Of a string, as JSON writes it, which is YAML as well; with what JSON leaves and YAML does not take written by its number. */
const scalar = (value: unknown): string => {
  if (typeof value !== 'string') return String(value);
  if (isPlain(value)) return value;
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
};

/** The file. Only for one without faults. */
export const fileText = (draft: Draft): string =>
  Object.entries(definitionOf(draft))
    .map(([name, value]) =>
      typeof value === 'object' && value !== null
        ? `${name}:\n${Object.entries(value)
            .map(([inner, of]) => `  ${scalar(inner)}: ${scalar(of)}\n`)
            .join('')}`
        : `${name}: ${scalar(value)}\n`,
    )
    .join('');
