import type {
  AddedRepository,
  ListedRepository,
  RemovedRepository,
  RepositoryFault,
  RepositoryLook,
} from '../../shared/api/repositories.ts';
import type { ListedTrigger } from '../../shared/api/triggers.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { plural, utc } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';

/** The repositories, those on record first; below each what is wrong there. */
export const repositoriesView = (repositories: readonly ListedRepository[], paint: Paint): string => {
  const [head = '', ...lines] = table([
    ['REPOSITORY', 'ADDED BY', 'BRANCH', 'TRIGGERS', 'OPEN RUNS', '30 DAYS', 'PUBLISH', 'READ'],
    ...repositories.map(({ repository, added, look, triggers, runs, publish }) => [
      cleanLine(repository),
      added === null ? 'nobody' : cleanLine(added.by),
      look === null ? '' : look.outcome === 'read' ? cleanLine(look.branch ?? 'none') : 'unreadable',
      countsText(triggers),
      String(runs.open),
      String(runs.lately),
      publishText(publish),
      look === null ? 'never' : utc(look.at),
    ]),
  ]);
  return [
    paint.dim(head),
    ...lines.flatMap((line, at) => [line, ...faultLines(repositories[at]?.faults ?? [], paint)]),
  ].join('\n');
};

const faultLines = (faults: readonly RepositoryFault[], paint: Paint): readonly string[] =>
  faults.map(({ message, remedy }) => `  ${paint.red(cleanLine(message))} ${cleanLine(remedy)}`);

const countsText = ({ on, paused, stopped }: ListedRepository['triggers']): string =>
  [
    ...(on === 0 ? [] : [`${on} on`]),
    ...(paused === 0 ? [] : [`${paused} paused`]),
    ...(stopped === 0 ? [] : [`${stopped} stopped`]),
  ].join(', ') || 'none on';

const publishText = (publish: ListedRepository['publish']): string => {
  if (publish === null) return '';
  return publish === 'ask' ? 'ask' : publish ? 'yes' : 'no';
};

/** What was found in one that is on record, and what there is to do. */
export const addedView = ({ repository: listed, isNew, triggers }: AddedRepository, paint: Paint): string => {
  const { repository, added, look, faults } = listed;
  const name = cleanLine(repository);
  const since = added === null ? '' : ` since ${utc(added.at)}, by ${cleanLine(added.by)}`;
  const rows = look?.outcome === 'read' ? factsOf(listed, look) : [];
  const off = triggers.filter(
    (trigger) => trigger.standing !== 'on' && look?.outcome === 'read' && isUsable(look, trigger),
  );
  return [
    isNew ? `${name} was added.` : `${name} is on record${since}; it was read again.`,
    ...table(rows).map((line) => `  ${line}`),
    ...triggers.filter(({ standing }) => standing === 'on').map((trigger) => `  ${onText(trigger)}`),
    ...off.map(
      (trigger) =>
        `  ${cleanLine(trigger.name)} is ${trigger.standing}: longhaul triggers enable ${cleanLine(trigger.name)} --repo ${name}`,
    ),
    ...(faults.length === 0 ? [] : ['', `${plural(faults.length, 'thing is', 'things are')} wrong there:`]),
    ...faultLines(faults, paint),
  ].join('\n');
};

const isUsable = (look: Extract<RepositoryLook, { outcome: 'read' }>, { name }: ListedTrigger): boolean =>
  look.triggers.some((each) => each.name === name && each.usable);

const onText = ({ name, enabledBy }: ListedTrigger): string =>
  `${cleanLine(name)} is on, enabled by ${cleanLine(enabledBy ?? '')}`;

const factsOf = (
  { repository, publish, hears }: ListedRepository,
  { branch, config, recipes, triggers }: Extract<RepositoryLook, { outcome: 'read' }>,
): readonly (readonly string[])[] => {
  const isFolder = repository.startsWith('/');
  const names = (all: readonly { readonly name: string; readonly usable: boolean }[]): string =>
    all.map(({ name, usable }) => (usable ? cleanLine(name) : `${cleanLine(name)} (cannot be used)`)).join(', ') ||
    'none of its own';
  return [
    ['Default branch', cleanLine(branch ?? 'none')],
    ['Settings', configTexts[config]],
    ['Recipes', names(recipes)],
    ['Triggers', names(triggers)],
    ['Results', isFolder ? 'are applied there, or published to a remote that is named' : publishTexts(publish)],
    ['What happens', isFolder ? 'is not heard of: it is a folder' : hears ? heard : unheard],
  ];
};

const configTexts = {
  none: 'no .longhaul/config.yaml: what the runner and its recipes say holds',
  right: '.longhaul/config.yaml',
  wrong: '.longhaul/config.yaml, which cannot be used',
} as const;

const publishTexts = (publish: ListedRepository['publish']): string => {
  if (publish === 'ask') return 'may be published there, by others than approvers once one has said yes (publish: ask)';
  return publish === true
    ? 'may be published there (publish: true)'
    : 'are not published there (publish: false); the operator can allow it (remotes in config.yaml)';
};

const heard = 'is heard of, where its webhook is set up (docs/github.md, docs/gitlab.md)';
const unheard = 'is not heard of: schedules only (webhookSecretVariable; docs/github.md, docs/gitlab.md)';

/** What became of one that was taken off record. */
export const removedText = ({ repository, wasAdded, disabled, openRuns }: RemovedRepository): string =>
  [
    wasAdded
      ? `${cleanLine(repository)} was removed.`
      : `Nobody had added ${cleanLine(repository)}; its triggers were disabled.`,
    disabled.length === 0
      ? 'No trigger of it was on.'
      : `${plural(disabled.length, 'trigger was', 'triggers were')} disabled: ${disabled.map(cleanLine).join(', ')}.`,
    openRuns === 0
      ? 'Its runs stay in the history.'
      : `${plural(openRuns, 'run')} of it ${openRuns === 1 ? 'is' : 'are'} not over and ${openRuns === 1 ? 'goes' : 'go'} on: longhaul runs --status open`,
  ].join(' ');
