import { t } from '@vscode/l10n';
import type { NearestTests } from '../../../runner/local/packages.ts';
import type { Preview, PreviewedCommands } from '../../../shared/recipe/preview.ts';
import type { Check } from '../../ground/connection/examine.ts';
import { nameOfImage } from '../../ground/delegation/attached.ts';
import { budgetText, choicesText, commandsText } from '../../ground/delegation/choices-text.ts';
import { policies, type Choices } from '../../ground/delegation/choices.ts';
import { withTests, type Holds } from './holds.ts';

export type RowId =
  | 'delegate'
  | 'ready'
  | 'goal'
  | 'recipe'
  | 'base'
  | 'without'
  | 'folder'
  | 'images'
  | 'verification'
  | 'setup'
  | 'budget'
  | 'policy'
  | 'model';

/** A row of the last step, without anything of VS Code's. */
export interface Row {
  readonly row: RowId;
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
}

export interface Summary {
  readonly goal: string;
  readonly choices: Choices;
  /** Files that differ from HEAD; null: unknown. */
  readonly dirty: readonly string[] | null;
  /** Editors with what is not saved; they are saved first. */
  readonly unsaved: number;
  /** Folders that it can be about; more than one: it can be chosen. */
  readonly folders: readonly string[];
  /** Tests that lie near the chosen folder; null: none. */
  readonly found: NearestTests | null;
  readonly holds: Holds;
  /** What a run would fail for. */
  readonly failing: readonly Check[];
}

/** The rows that are shown before delegating: the first one does it, each other changes what it says. */
export const summaryRows = (summary: Summary): readonly Row[] => {
  const { goal, choices, folders, holds, found, failing } = summary;
  const detail = detailOf(summary);
  return [
    {
      row: 'delegate',
      label: `$(rocket) ${t('Delegate')}`,
      description: choicesText(
        withTests(choices, holds, found),
        choices.verification === null ? found?.folder : choices.folder,
      ),
      ...(detail === '' ? {} : { detail }),
    },
    ...failing.map(({ name, detail: why, remedy }): Row => ({
      row: 'ready',
      label: `$(error) ${t('Not Ready')}`,
      description: `${name}: ${why}`,
      ...(remedy === '' ? {} : { detail: remedy }),
    })),
    { row: 'goal', label: `$(edit) ${t('Goal')}`, description: firstLine(goal) || t('what the recipe says') },
    { row: 'images', label: `$(file-media) ${t('Images')}`, description: imagesText(choices) },
    { row: 'recipe', label: `$(book) ${t('Recipe')}`, description: recipeText(choices) },
    {
      row: 'base',
      label: `$(git-branch) ${t('Base')}`,
      description: choices.base === 'worktree' ? t('the working tree') : t('the last commit (HEAD)'),
    },
    ...dirtyRow(summary),
    ...(folders.length > 1 ? [folderRow(choices)] : []),
    { row: 'verification', label: `$(beaker) ${t('Verification')}`, description: verificationText(summary) },
    { row: 'setup', label: `$(tools) ${t('Setup')}`, description: setupText(summary) },
    { row: 'budget', label: `$(dashboard) ${t('Budget')}`, description: limitsText(summary) },
    { row: 'policy', label: `$(shield) ${t('Policy')}`, description: policyText(summary) },
    { row: 'model', label: `$(hubot) ${t('Model')}`, description: modelText(summary) },
  ];
};

const detailOf = ({ unsaved, holds }: Summary): string =>
  [
    unsaved === 0
      ? ''
      : unsaved === 1
        ? t('Saves 1 unsaved file first.')
        : t('Saves {0} unsaved files first.', unsaved),
    ...(holds.status === 'known' ? holds.preview.notes : []),
    holds.status === 'unknown' ? holds.reason : '',
  ]
    .filter(Boolean)
    .join(' ');

/** Names that a row has room for; all of them are in the list behind it. */
const namedFiles = 3;

const some = (paths: readonly string[]): string =>
  paths.length <= namedFiles
    ? paths.join(', ')
    : t('{0} and {1} more', paths.slice(0, namedFiles).join(', '), paths.length - namedFiles);

const dirtyRow = ({ choices: { base, without }, dirty }: Summary): readonly Row[] => {
  if (dirty === null || dirty.length === 0) return [];
  const left = dirty.filter((path) => base === 'head' || without.includes(path));
  const along = dirty.filter((path) => !left.includes(path));
  const description =
    left.length === 0
      ? along.length === 1
        ? t('1 file goes along: {0}', some(along))
        : t('{0} files go along: {1}', along.length, some(along))
      : along.length === 0
        ? t('none goes along: without {0}', some(left))
        : t('{0} of {1} files go along, without {2}', along.length, dirty.length, some(left));
  return [{ row: 'without', label: `$(diff) ${t('Not Committed')}`, description }];
};

const recipeText = ({ recipe }: Choices): string => {
  if (recipe === null) return t('none');
  const inputs = Object.entries(recipe.inputs).map(([name, value]) => `${name}: ${firstLine(String(value))}`);
  const about = recipe.about === null ? [] : [t('about {0}', firstLine(recipe.about))];
  return [recipe.title, ...inputs, ...about].join(' · ');
};

const folderText = (folder: string): string => (folder === '' ? t('the root of the repository') : folder);

const folderRow = ({ folder }: Choices): Row => ({
  row: 'folder',
  label: `$(folder) ${t('Folder')}`,
  description: t('{0}: told to the agent, and where your commands run', folderText(folder)),
});

const imagesText = ({ images }: Choices): string => (images.length === 0 ? t('none') : some(images.map(nameOfImage)));

const settingsText = ({ settings }: Preview): string =>
  settings === null ? t('there is no .longhaul/config.yaml') : t('.longhaul/config.yaml on {0} names none', settings);

/** The commands that the choices do not say; null: nobody says any, or none. */
const otherCommands = ({ commands, by }: PreviewedCommands, { settings }: Preview): string | null => {
  if (by === 'runner') return null;
  const whose = by === 'recipe' ? t("the recipe's") : t('.longhaul/config.yaml on {0}', settings ?? '');
  if (commands.length === 0) return t('none ({0})', whose);
  return `${commandsText(commands)} (${whose})`;
};

const unsaidText = ({ holds }: Summary): string =>
  holds.status === 'asked' ? t('asking the runner…') : t('not known: the runner did not say');

const verificationText = (summary: Summary): string => {
  const { choices, holds, found } = summary;
  if (choices.verification !== null) return commandsText(choices.verification, choices.folder);
  const offered = found === null ? null : foundText(found);
  if (holds.status === 'known')
    return (
      otherCommands(holds.preview.verification, holds.preview) ?? offered ?? t('none: {0}', settingsText(holds.preview))
    );
  return offered === null ? unsaidText(summary) : t('{0}, unless the repository says otherwise', offered);
};

const foundText = (found: NearestTests): string => {
  const file = found.tests[0]?.file ?? '';
  const where = found.folder === '' ? file : `${found.folder}/${file}`;
  const command = found.tests[0]?.command ?? '';
  return found.folder === ''
    ? t('{0} (found in {1})', command, where)
    : t('{0} (in {1}; found in {2})', command, found.folder, where);
};

const setupText = (summary: Summary): string => {
  const { choices, holds } = summary;
  if (choices.setup !== null) return commandsText(choices.setup, choices.folder);
  if (holds.status !== 'known') return unsaidText(summary);
  return otherCommands(holds.preview.setup, holds.preview) ?? t('none: {0}', settingsText(holds.preview));
};

const limitsText = (summary: Summary): string => {
  const { choices, holds } = summary;
  if (holds.status === 'known') return budgetText(holds.preview.budget);
  const said = budgetText(choices.budget);
  return said === '' ? unsaidText(summary) : t('{0}; else {1}', said, unsaidText(summary));
};

const changesWords = {
  allow: t('edits and commands unasked, in the sandbox'),
  ask: t('asks before each edit and command'),
  deny: t('no edits, no commands'),
} as const;
const networkWords = { allow: t('any network'), ask: t('asks before network'), deny: t('no network') } as const;

const openText = (hosts: Preview['hosts']): string => {
  const named = (when: 'run' | 'setup') =>
    hosts.flatMap(({ host, during }) => (during === when ? [host] : [])).join(', ');
  const [run, setup] = [named('run'), named('setup')];
  if (setup === '') return run === '' ? t('opens no host') : t('opens {0}', run);
  return run === '' ? t('opens {0} while setup runs', setup) : t('opens {0}, and {1} while setup runs', run, setup);
};

const policyText = (summary: Summary): string => {
  const { choices, holds } = summary;
  const label = policies[choices.policy].label;
  if (holds.status !== 'known') return label;
  const { policy, hosts, settings } = holds.preview;
  const whose = choices.policy === 'repository' && settings === null ? t('The default') : label;
  return `${whose}: ${openText(hosts)}, ${networkWords[policy.otherwise.network]}, ${changesWords[policy.otherwise.changes]}`;
};

const modelText = (summary: Summary): string => {
  const { choices, holds } = summary;
  if (holds.status !== 'known') return choices.model ?? unsaidText(summary);
  const { name, price } = holds.preview.model;
  const cost =
    price === null
      ? t('price not known')
      : t('{0} in, {1} out for a million tokens', `$${price.input}`, `$${price.output}`);
  return `${name} · ${cost}`;
};

const firstLine = (goal: string): string => goal.trim().split('\n')[0] ?? '';
