import type { DelegateInput, PreviewInput } from '../../shared/api/runner-api.ts';
import type { OpenHost, Preview, PreviewedCommands, SaidBy } from '../../shared/recipe/preview.ts';
import { budgetAmount, budgetNames } from '../../shared/run/budget.ts';
import { wantedText } from '../../shared/run/output.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { Trouble, usage } from '../../shared/trouble.ts';
import { nearestTests } from '../local/packages.ts';
import { temporaryFolder } from '../machine/home/temporary-folder.ts';
import { settingsOfFolder } from '../machine/repository/settings.ts';
import { findRepository, folderInRepository } from '../machine/repository/user-repository.ts';
import { copyForUpload } from '../machine/repository/upload.ts';
import type { Api } from './connection/client.ts';
import type { CommandContext } from './context.ts';
import { table } from './table.ts';

/** What would hold for this delegation, refused as delegating would refuse it; a runner elsewhere is told what the repository here says of itself. */
export const previewOf = async (context: CommandContext, api: Api, input: DelegateInput): Promise<Preview> => {
  mustBeHere(input);
  const { goal, title, repository, inputs, about, base, without, trust, dedupeKey } = input;
  const delegation = { goal, title, repository, inputs, about, base, without, trust, dedupeKey };
  if (context.remote === null)
    return api.call.runs.preview.query({ ...terms(input), settings: folder(input), delegation });
  await using place = await temporaryFolder('longhaul-preview-');
  const copy = await copyForUpload({
    path: repository,
    base: base === 'worktree' ? 'worktree' : base.commit,
    without,
    folder: place.path,
  });
  if (copy.outcome === 'refused') throw new Trouble(copy.reason, { remedy: copy.remedy, code: 'invalid' });
  return api.call.runs.preview.query({
    ...terms(input),
    settings: { kind: 'files', files: [...copy.settings] },
    delegation: { ...delegation, repository: copy.name, base: 'worktree', without: [] },
  });
};

/** The same without a look at what it is about: quick. Refused is what cannot hold alone. */
export const termsOf = async (context: CommandContext, api: Api, input: DelegateInput): Promise<Preview> => {
  mustBeHere(input);
  const found = await findRepository(input.repository);
  if ('outcome' in found) throw usage(found.reason, found.remedy);
  return api.call.runs.preview.query({ ...terms(input), settings: await settingsFor(context, input) });
};

const mustBeHere = ({ source }: DelegateInput): void => {
  if (source !== null)
    throw usage('--preview is for a repository here.', 'Leave it out: the runner reads that remote when you delegate.');
};

const terms = ({
  images,
  recipe,
  priority,
  budget,
  policy,
  setup,
  verification,
  model,
  decisionHours,
}: DelegateInput) => ({
  recipe,
  priority,
  budget,
  policy,
  setup,
  verification,
  model,
  decisionHours,
  images: images.length,
});

const folder = ({ repository: path }: DelegateInput) => ({ kind: 'folder', path }) as const;

const settingsFor = async (context: CommandContext, input: DelegateInput): Promise<PreviewInput['settings']> => {
  if (context.remote === null) return folder(input);
  const { settings } = await settingsOfFolder(input.repository);
  return { kind: 'files', files: [...(settings?.files ?? [])] };
};

/** One line for each thing that would hold, with who says it. */
export const previewView = (preview: Preview): string => {
  const { inputs, about, model, budget, budgetBy, policy, hosts, settings, notes } = preview;
  const price =
    model.price === null
      ? 'price not known'
      : `$${model.price.input} in, $${model.price.output} out for a million tokens`;
  const limits = budgetNames.flatMap((name) => {
    const limit = budget[name];
    return limit === null ? [] : [{ text: budgetAmount(name, limit), by: budgetBy[name] }];
  });
  const { reads, changes, network } = policy.otherwise;
  const rows = [
    ['result', wantedText(preview.output)],
    ...inputs.map((input) => ['input', inputText(input)]),
    ...(about === null ? [] : [['about', aboutText(about)]]),
    [
      'settings',
      settings === null ? 'none: the repository has no .longhaul/config.yaml' : `.longhaul/config.yaml on ${settings}`,
    ],
    ['model', `${model.name}, ${price} (${whose[model.by]})`],
    ['budget', byOwner(limits) || 'no limit'],
    ['setup', commandsOf(preview.setup)],
    ['verification', commandsOf(preview.verification)],
    [
      'policy',
      `${policy.rules} rules; otherwise reads ${reads}, changes ${changes}, network ${network} (${policy.by.map((by) => whose[by]).join(', ')})`,
    ],
    ['open hosts', hostsOf(hosts, 'run')],
    ['while setup runs', hostsOf(hosts, 'setup')],
    ...notes.map((note) => ['note', note]),
  ];
  return table(rows.map((row) => row.map(cleanLine))).join('\n');
};

const inputText = ({ name, text, given }: Preview['inputs'][number]): string =>
  `${name}: ${text === '' ? 'nothing' : text} (${whose[given ? 'delegation' : 'recipe']})`;

const aboutText = ({ kind, number, remote, title }: NonNullable<Preview['about']>): string =>
  `${kind} ${number} of ${remote}${title === '' ? '' : ` (${title})`}`;

/** Each owner's together, in the order that they first come in: "60 turns, 20 retries (the runner's); 2 US$ (yours)". */
const byOwner = (said: readonly { readonly text: string; readonly by: SaidBy }[]): string =>
  [...Map.groupBy(said, ({ by }) => by)]
    .map(([by, theirs]) => `${theirs.map(({ text }) => text).join(', ')} (${whose[by]})`)
    .join('; ');

const hostsOf = (hosts: readonly OpenHost[], when: OpenHost['during']): string =>
  byOwner(hosts.flatMap(({ host, during, by }) => (during === when ? [{ text: host, by }] : []))) ||
  (when === 'run' ? 'none' : 'no other');

const commandsOf = ({ commands, by }: PreviewedCommands): string =>
  commands.length === 0
    ? by === 'runner'
      ? 'none'
      : `none (${whose[by]})`
    : `${commands.map(({ command }) => command).join('; ')} (${whose[by]})`;

const whose = {
  delegation: 'yours',
  recipe: "the recipe's",
  repository: "the repository's",
  operator: "the operator's",
  runner: 'built in',
} as const satisfies Record<SaidBy, string>;

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
