import type { NearestTests } from '../../../runner/local/packages.ts';
import type { Preview, PreviewedCommands } from '../../../shared/recipe/preview.ts';
import { plural } from '../../../shared/text/figures.ts';
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
      label: '$(rocket) Delegate',
      description: choicesText(
        withTests(choices, holds, found),
        choices.verification === null ? found?.folder : choices.folder,
      ),
      ...(detail === '' ? {} : { detail }),
    },
    ...failing.map(({ name, detail: why, remedy }): Row => ({
      row: 'ready',
      label: '$(error) Not Ready',
      description: `${name}: ${why}`,
      ...(remedy === '' ? {} : { detail: remedy }),
    })),
    { row: 'goal', label: '$(edit) Goal', description: firstLine(goal) || 'what the recipe says' },
    { row: 'images', label: '$(file-media) Images', description: imagesText(choices) },
    { row: 'recipe', label: '$(book) Recipe', description: choices.recipe?.title ?? 'none' },
    {
      row: 'base',
      label: '$(git-branch) Base',
      description: choices.base === 'worktree' ? 'the working tree' : 'the last commit (HEAD)',
    },
    ...dirtyRow(summary),
    ...(folders.length > 1 ? [folderRow(choices)] : []),
    { row: 'verification', label: '$(beaker) Verification', description: verificationText(summary) },
    { row: 'setup', label: '$(tools) Setup', description: setupText(summary) },
    { row: 'budget', label: '$(dashboard) Budget', description: limitsText(summary) },
    { row: 'policy', label: '$(shield) Policy', description: policyText(summary) },
    { row: 'model', label: '$(hubot) Model', description: modelText(summary) },
  ];
};

const detailOf = ({ unsaved, holds }: Summary): string =>
  [
    unsaved === 0 ? '' : `Saves ${plural(unsaved, 'unsaved file')} first.`,
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
    : `${paths.slice(0, namedFiles).join(', ')} and ${paths.length - namedFiles} more`;

const dirtyRow = ({ choices: { base, without }, dirty }: Summary): readonly Row[] => {
  if (dirty === null || dirty.length === 0) return [];
  const left = dirty.filter((path) => base === 'head' || without.includes(path));
  const along = dirty.filter((path) => !left.includes(path));
  const description =
    left.length === 0
      ? `${plural(along.length, 'file goes', 'files go')} along: ${some(along)}`
      : along.length === 0
        ? `none goes along: without ${some(left)}`
        : `${along.length} of ${plural(dirty.length, 'file')} go along, without ${some(left)}`;
  return [{ row: 'without', label: '$(diff) Not Committed', description }];
};

const folderText = (folder: string): string => (folder === '' ? 'the root of the repository' : folder);

const folderRow = ({ folder }: Choices): Row => ({
  row: 'folder',
  label: '$(folder) Folder',
  description: `${folderText(folder)}: told to the agent, and where your commands run`,
});

const imagesText = ({ images }: Choices): string => (images.length === 0 ? 'none' : some(images.map(nameOfImage)));

const settingsText = ({ settings }: Preview): string =>
  settings === null ? 'there is no .longhaul/config.yaml' : `.longhaul/config.yaml on ${settings} names none`;

/** The commands that the choices do not say; null: nobody says any, or none. */
const otherCommands = ({ commands, by }: PreviewedCommands, { settings }: Preview): string | null => {
  if (by === 'runner') return null;
  const whose = by === 'recipe' ? "the recipe's" : `.longhaul/config.yaml on ${settings ?? ''}`;
  if (commands.length === 0) return `none (${whose})`;
  return `${commandsText(commands)} (${whose})`;
};

const unsaidText = ({ holds }: Summary): string =>
  holds.status === 'asked' ? 'asking the runner…' : 'not known: the runner did not say';

const verificationText = (summary: Summary): string => {
  const { choices, holds, found } = summary;
  if (choices.verification !== null) return commandsText(choices.verification, choices.folder);
  const offered = found === null ? null : foundText(found);
  if (holds.status === 'known')
    return (
      otherCommands(holds.preview.verification, holds.preview) ?? offered ?? `none: ${settingsText(holds.preview)}`
    );
  return offered === null ? unsaidText(summary) : `${offered}, unless the repository says otherwise`;
};

const foundText = (found: NearestTests): string => {
  const file = found.tests[0]?.file ?? '';
  const where = found.folder === '' ? file : `${found.folder}/${file}`;
  return `${found.tests[0]?.command ?? ''} (${found.folder === '' ? '' : `in ${found.folder}; `}found in ${where})`;
};

const setupText = (summary: Summary): string => {
  const { choices, holds } = summary;
  if (choices.setup !== null) return commandsText(choices.setup, choices.folder);
  if (holds.status !== 'known') return unsaidText(summary);
  return otherCommands(holds.preview.setup, holds.preview) ?? `none: ${settingsText(holds.preview)}`;
};

const limitsText = (summary: Summary): string => {
  const { choices, holds } = summary;
  if (holds.status === 'known') return budgetText(holds.preview.budget);
  return [budgetText(choices.budget), unsaidText(summary)].filter(Boolean).join('; else ');
};

const changesWords = {
  allow: 'edits and commands unasked, in the sandbox',
  ask: 'asks before each edit and command',
  deny: 'no edits, no commands',
} as const;
const networkWords = { allow: 'any network', ask: 'asks before network', deny: 'no network' } as const;

const openText = (hosts: Preview['hosts']): string => {
  const named = (when: 'run' | 'setup') =>
    hosts.flatMap(({ host, during }) => (during === when ? [host] : [])).join(', ');
  const [run, setup] = [named('run'), named('setup')];
  if (setup === '') return run === '' ? 'opens no host' : `opens ${run}`;
  return run === '' ? `opens ${setup} while setup runs` : `opens ${run}, and ${setup} while setup runs`;
};

const policyText = (summary: Summary): string => {
  const { choices, holds } = summary;
  const label = policies[choices.policy].label;
  if (holds.status !== 'known') return label;
  const { policy, hosts, settings } = holds.preview;
  const whose = choices.policy === 'repository' && settings === null ? 'The default' : label;
  return `${whose}: ${openText(hosts)}, ${networkWords[policy.otherwise.network]}, ${changesWords[policy.otherwise.changes]}`;
};

const modelText = (summary: Summary): string => {
  const { choices, holds } = summary;
  if (holds.status !== 'known') return choices.model ?? unsaidText(summary);
  const { name, price } = holds.preview.model;
  const cost = price === null ? 'price not known' : `$${price.input} in, $${price.output} out for a million tokens`;
  return `${name} · ${cost}`;
};

const firstLine = (goal: string): string => goal.trim().split('\n')[0] ?? '';
