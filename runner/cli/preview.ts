import type { DelegateInput, PreviewInput } from '../../shared/api/runner-api.ts';
import type { Preview, PreviewedCommands } from '../../shared/recipe/preview.ts';
import { budgetNames, budgetUnits } from '../../shared/run/budget.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { usage } from '../../shared/trouble.ts';
import { nearestTests } from '../local/packages.ts';
import { settingsOfFolder } from '../machine/repository/settings.ts';
import { findRepository, folderInRepository } from '../machine/repository/user-repository.ts';
import type { Api } from './connection/client.ts';
import type { CommandContext } from './context.ts';
import { table } from './table.ts';

/** What would hold for this delegation; a runner elsewhere is told what the repository here says of itself. */
export const previewOf = async (context: CommandContext, api: Api, input: DelegateInput): Promise<Preview> => {
  if (input.source !== null)
    throw usage('--preview is for a repository here.', 'Leave it out: the runner reads that remote when you delegate.');
  const found = await findRepository(input.repository);
  if ('outcome' in found) throw usage(found.reason, found.remedy);
  const { recipe, priority, budget, policy, setup, verification, model, decisionHours, repository } = input;
  const own = { recipe, priority, budget, policy, setup, verification, model, decisionHours };
  return api.call.runs.preview.query({ ...own, settings: await settingsFor(context, repository) });
};

const settingsFor = async (context: CommandContext, path: string): Promise<PreviewInput['settings']> => {
  if (context.remote === null) return { kind: 'folder', path };
  const { settings } = await settingsOfFolder(path);
  return { kind: 'files', files: [...(settings?.files ?? [])] };
};

/** One line for each thing that would hold. */
export const previewView = (preview: Preview): string => {
  const { model, budget, policy, hosts, settings, notes } = preview;
  const price =
    model.price === null
      ? 'price not known'
      : `$${model.price.input} in, $${model.price.output} out for a million tokens`;
  const limits = budgetNames.flatMap((name) => {
    const limit = budget[name];
    return limit === null ? [] : [`${limit} ${budgetUnits[name]}`];
  });
  const { reads, changes, network } = policy.otherwise;
  const rows = [
    [
      'settings',
      settings === null ? 'none: the repository has no .longhaul/config.yaml' : `.longhaul/config.yaml on ${settings}`,
    ],
    ['model', `${model.name} (${price})`],
    ['budget', limits.join(', ') || 'no limit'],
    ['setup', commandsOf(preview.setup)],
    ['verification', commandsOf(preview.verification)],
    ['policy', `${policy.rules} rules; otherwise reads ${reads}, changes ${changes}, network ${network}`],
    ['open hosts', hosts.join(', ') || 'none'],
    ...notes.map((note) => ['note', note]),
  ];
  return table(rows.map((row) => row.map(cleanLine))).join('\n');
};

const commandsOf = ({ commands, by }: PreviewedCommands): string =>
  commands.length === 0 ? 'none' : `${commands.map(({ command }) => command).join('; ')} (${whose[by]})`;

const whose = {
  delegation: 'yours',
  recipe: "the recipe's",
  repository: "the repository's",
  runner: "the runner's",
} as const;

/** Tests that lie there and that nobody said to run, as a line to say; null: there are none. */
export const untestedNote = async (path: string): Promise<string | null> => {
  const repository = await findRepository(path);
  if ('outcome' in repository) return null;
  const found = await nearestTests(repository.root, await folderInRepository(path));
  const test = found?.tests[0];
  if (found === null || test === undefined) return null;
  const file = found.folder === '' ? test.file : `${found.folder}/${test.file}`;
  return `No verification. ${cleanLine(file)} has tests: add --verify '${test.command}'`;
};
