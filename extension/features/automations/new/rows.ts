import { t } from '@vscode/l10n';
import type { GitHubEventKind, Publishes } from '../../../../shared/recipe/trigger.ts';
import type { WantedOutput } from '../../../../shared/run/output.ts';
import { localTime } from '../../../ground/text/local-time.ts';
import { oneLine } from '../../../ground/text/one-line.ts';
import { faultsOf, nextTimes, type Known } from './definition.ts';
import type { Draft, When } from './draft.ts';

export type RowId =
  | 'create'
  | 'when'
  | 'timeZone'
  | 'recipe'
  | 'goal'
  | 'name'
  | 'missed'
  | 'whileOpen'
  | 'perDay'
  | 'usdPerDay'
  | 'publish'
  | 'ciRepairs';

/** A row of the last step, without anything of VS Code's. */
export interface Row {
  readonly row: RowId;
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
}

/** What happens, for whoever chooses it. */
export const eventNames: Readonly<Record<GitHubEventKind, string>> = {
  'issue-labeled': t('An issue gets a label'),
  comment: t('Somebody comments "/longhaul <command>"'),
  'review-submitted': t('A review of a pull request asks for changes'),
  'checks-failed': t('Checks fail on a branch'),
  'issue-opened': t('An issue is opened'),
  'issue-assigned': t('An issue is assigned'),
  'workflow-failed': t('A workflow fails on a branch'),
  push: t('A branch is pushed to'),
  'release-published': t('A release is published'),
  'dependabot-alert': t('Dependabot raises an alert'),
  'code-scanning-alert': t('Code scanning raises an alert'),
  'secret-scanning-alert': t('Secret scanning raises an alert'),
};

const waits = t('wait for review');

/** What can become of results, by what they are: of what there is no draft of, none is offered. */
const publishNames: Readonly<
  Record<WantedOutput['kind'], Readonly<Partial<Record<Publishes, string>> & { readonly no: string }>>
> = {
  diff: {
    no: waits,
    ask: t('become a draft pull request once somebody has said yes'),
    draft: t('become a draft pull request by themselves'),
    ready: t('are published by themselves, ready for review'),
  },
  comment: {
    no: waits,
    ask: t('are written there as a comment once somebody has said yes'),
    ready: t('are written there as a comment by themselves'),
  },
  labels: {
    no: waits,
    ask: t('are put there as labels once somebody has said yes'),
    ready: t('are put there as labels by themselves'),
  },
  issue: {
    no: waits,
    ask: t('become a new issue once somebody has said yes'),
    ready: t('become a new issue by themselves'),
  },
  release: {
    no: waits,
    ask: t('become the draft of a release once somebody has said yes'),
    ready: t('become the draft of a release by themselves'),
  },
  report: { no: t('wait for review; a report is published nowhere') },
};

const outputOf = ({ recipe }: Pick<Draft, 'recipe'>): WantedOutput['kind'] => recipe?.output.kind ?? 'diff';

/** What can become of its results, for whoever chooses. */
export const publishNamesFor = (draft: Pick<Draft, 'recipe'>): (typeof publishNames)[WantedOutput['kind']] =>
  publishNames[outputOf(draft)];

/** What is said of results. What cannot be chosen may have been, with another recipe: then it is named as the file has it, and the fault says why not. */
const publishName = (draft: Pick<Draft, 'recipe' | 'publish'>): string =>
  publishNamesFor(draft)[draft.publish] ?? draft.publish;

export const missedNames: Readonly<Record<Draft['missed'], string>> = {
  once: t('one run for all of them'),
  skip: t('none'),
  all: t('a run for each, the last 24'),
};

export const whileOpenNames: Readonly<Record<'skip' | 'begin', string>> = {
  skip: t('none is begun while the one before has come to no result'),
  begin: t('one is begun all the same'),
};

/** What holds where nothing is said. */
export const ordinary = (when: When | null): { readonly whileOpen: 'skip' | 'begin'; readonly perDay: number } => ({
  whileOpen: when?.kind === 'schedule' ? 'skip' : 'begin',
  perDay: 20,
});

export const whenText = (when: When): string => {
  switch (when.kind) {
    case 'schedule':
      return when.schedule;
    case 'webhook':
      return t('the webhook {0}', when.name);
    case 'github': {
      const name = Object.entries(eventNames).find(([event]) => event === when.event)?.[1] ?? when.event;
      return when.value === null ? name : `${name}: ${oneLine(when.value, 60)}`;
    }
  }
};

export const fileName = ({ name }: Draft): string => `.longhaul/triggers/${name ?? ''}.yaml`;

export interface Summary extends Known {
  readonly draft: Draft;
  /** Ms since the epoch. */
  readonly now: number;
}

/** The rows that are shown before it is written: the first one does it, each other changes what it says. */
export const summaryRows = ({ draft, now, ...known }: Summary): readonly Row[] => {
  const { when, recipe, goal, name, publish, ciRepairs, missed, whileOpen, perDay, usdPerDay } = draft;
  const faults = faultsOf(draft, known);
  const usual = ordinary(when);
  const times = when === null ? [] : nextTimes(when, now, known.scheduleOf).map(localTime);
  return [
    {
      row: 'create',
      label: faults.length === 0 ? `$(new-file) ${t('Create')}` : `$(error) ${t('Not Ready')}`,
      description: fileName(draft),
      detail: faults.join(' ') || t('It counts once it is on the default branch, and begins runs once it is enabled.'),
    },
    {
      row: 'when',
      label: when?.kind === 'schedule' ? `$(watch) ${t('Begins')}` : `$(zap) ${t('Begins')}`,
      description: when === null ? '' : whenText(when),
      ...(times.length === 0 ? {} : { detail: t('Next: {0}', times.join(' · ')) }),
    },
    ...(when?.kind === 'schedule'
      ? [{ row: 'timeZone', label: `$(globe) ${t('Time Zone')}`, description: when.timeZone } as const]
      : []),
    { row: 'recipe', label: `$(book) ${t('Recipe')}`, description: recipeText(recipe) },
    { row: 'goal', label: `$(edit) ${t('Goal')}`, description: oneLine(goal ?? '', 120) || t('what the recipe says') },
    { row: 'name', label: `$(tag) ${t('Name')}`, description: name ?? '' },
    ...(when?.kind === 'schedule'
      ? [{ row: 'missed', label: `$(history) ${t('Missed Times')}`, description: missedNames[missed] } as const]
      : [
          {
            row: 'perDay',
            label: `$(dashboard) ${t('At Most')}`,
            description: t('{0} runs a day', perDay ?? usual.perDay),
          } as const,
        ]),
    {
      row: 'usdPerDay',
      label: `$(credit-card) ${t('Budget')}`,
      description: usdPerDay === null ? t('as each run has it') : t('paused at ${0} a day', usdPerDay),
    },
    {
      row: 'whileOpen',
      label: `$(layers) ${t('While One Is Open')}`,
      description: whileOpenNames[whileOpen ?? usual.whileOpen],
    },
    { row: 'publish', label: `$(git-pull-request) ${t('Results')}`, description: publishName(draft) },
    ...(publish === 'no' || outputOf(draft) !== 'diff'
      ? []
      : [
          {
            row: 'ciRepairs',
            label: `$(beaker) ${t('Failing Checks')}`,
            description: ciRepairs === 0 ? t('begin no rounds') : t('begin up to {0} rounds', ciRepairs),
          } as const,
        ]),
  ];
};

const recipeText = (recipe: Draft['recipe']): string => {
  if (recipe === null) return t('none');
  const inputs = Object.entries(recipe.inputs).map(([name, value]) => `${name}: ${oneLine(String(value), 60)}`);
  return [recipe.title, ...inputs].join(' · ');
};

/** What it is called unless somebody says otherwise. */
export const nameFor = ({ when, recipe }: Draft, others: readonly string[]): string => {
  const first = when?.kind === 'github' ? when.event : when?.kind === 'webhook' ? when.name : 'scheduled';
  const base = (recipe === null ? first : `${recipe.name}-${first}`).slice(0, 56);
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!others.includes(name)) return name;
  }
};
