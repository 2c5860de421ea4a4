import type { Command } from '@commander-js/extra-typings';
import { errorMessage, usage } from '../../../shared/trouble.ts';
import { readFile } from 'node:fs/promises';
import { posix, relative, resolve } from 'node:path';
import { DelegateInput } from '../../../shared/api/runner-api.ts';
import type { RunnerInfo } from '../../../shared/api/runner-info.ts';
import type { Policy } from '../../../shared/policy/policy.ts';
import { InputName } from '../../../shared/recipe/inputs.ts';
import { commandIn } from '../../../shared/run/command-folder.ts';
import { lineOf } from '../../../shared/run/summary.ts';
import { taskNotes } from '../../../shared/run/task-notes.ts';
import { issueText } from '../../../shared/tool/issues.ts';
import { asksForKey, keyVariable } from '../../machine/config/model-key.ts';
import { parseBudget } from '../budget-option.ts';
import type { CommandContext } from '../context.ts';
import { exit } from '../exit.ts';
import { explain, type CommandHelp } from '../help.ts';
import { jsonOf } from '../json-input.ts';
import { folderInRepository } from '../../machine/repository/user-repository.ts';
import { collect, positiveNumber, wholeNumber } from '../options.ts';
import type { Define } from '../define.ts';
import { imageFiles, uploadImages } from '../image-files.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import type { Api } from '../connection/client.ts';
import { previewOf, previewView, termsOf, untestedNote } from '../preview.ts';
import { withTrust } from '../trust-settings.ts';
import { delegateFrom } from '../upload.ts';
import { watchExits, watchJson, watchRun } from '../watch-run.ts';

/** Seconds that a setup or verification command may take: a cold install, or a whole test suite. */
const commandSeconds = 1_800;

const withOptions = (command: Command) =>
  command
    .argument('[goal...]', 'what the agent shall do; "-": read it from stdin')
    .option('--repo <folder>', 'git repository to work on', '.')
    .option('--remote <url>', 'a git remote that the runner reads itself, instead of a repository here')
    .option('--ref <name>', 'branch, tag or commit of that remote (default: its default branch)')
    .option('--base <tree>', '"worktree": as it is, with all that is not committed; "head"; or a commit', 'worktree')
    .option(
      '--without <path>',
      'changed file or folder that does not go along, from the folder of the repository (repeatable)',
      collect,
    )
    .option('--file <path>', 'read the goal from a file ("-": stdin)')
    .option('--image <file>', 'PNG, JPEG, WebP or GIF that the model is shown with the goal (repeatable)', collect)
    .option('--recipe <name>', 'do it by a recipe: longhaul recipes lists them')
    .option(
      '--input <name=value>',
      'what that recipe takes besides a goal: longhaul recipes show <name> (repeatable)',
      collect,
    )
    .option(
      '--about <issue>',
      'the issue or pull request that it is about: its address, or owner/name#12 of an issue on GitHub',
    )
    .option(
      '--verify <command>',
      'command that shows whether it works; Longhaul runs it at the end (repeatable)',
      collect,
    )
    .option('--setup <command>', 'command to run first, such as an install (repeatable)', collect)
    .option('--network <host>', 'host that setup commands may reach (repeatable)', collect)
    .option('--budget <limits>', 'such as turns=40,usd=2,tokens=none; also activeMinutes, toolMinutes, retries')
    .option('--policy <file>', 'what it may do unasked, as YAML or JSON; its own examples are checked')
    .option('--model <name>', 'model to use')
    .option('--title <text>', 'title in lists (default: the first line of the goal)')
    .option(
      '--priority <number>',
      "higher goes first (default: the recipe's, or 0)",
      wholeNumber({ least: -100, most: 100 }),
    )
    .option('--dedupe <key>', 'delegating again with the same key gives the same run')
    .option(
      '--decision-hours <hours>',
      "how long a question waits for a person (default: the recipe's, or the runner's, 72)",
      positiveNumber,
    )
    .option('--trust <hash>', "let the repository's settings open what you were shown under this hash; asked once")
    .option('--trust-settings', 'let them open whatever they do, and print it')
    .option(
      '--preview',
      'print what would hold (model and its price, budget, commands, open hosts) or what is refused, and delegate nothing',
    )
    .option(
      '--unchecked',
      'with --preview: at once, without a look at what would be copied, the goal and what was agreed to',
    )
    .option('-w, --watch', 'follow it')
    .option('--from-json', 'for programs: all of this as JSON on stdin, as the API takes it (DelegateInput)');

/** Whether nobody said a word about verification: who says that there is none has said it. Not known: no. */
const nobodySays = async (context: CommandContext, api: Api, input: DelegateInput): Promise<boolean> =>
  termsOf(context, api, input).then(
    ({ verification }) => verification.by === 'runner',
    () => false,
  );

type Options = ReturnType<ReturnType<typeof withOptions>['opts']>;

export const define: Define = (command, act) => {
  withOptions(command).action(
    act(async (context, words, options) => {
      if (options.fromJson === true) mustBeAlone(words, options);
      const said = options.fromJson === true ? await givenInput(context) : await inputOf(context, words, options);
      const images = await imageFiles(context, { named: options.image ?? [], others: said.images.length });
      const input = { ...said, images: [...said.images, ...images.map(({ name, blob }) => ({ name, blob }))] };
      const api = await context.runner();
      if (options.unchecked === true && options.preview !== true)
        throw usage('--unchecked is for --preview.', 'Give both, or leave it out.');
      if (options.preview === true) {
        const agreed = options.trustSettings === true ? 'all' : 'never';
        const preview =
          options.unchecked === true
            ? await termsOf(context, api, input)
            : await withTrust(context, agreed, (trust) =>
                previewOf(context, api, { ...input, trust: trust ?? input.trust }),
              );
        context.printJson({ preview });
        context.print(previewView(preview));
        return exit.done;
      }
      await warnAboutKey(context, api.call.runner.info.query());
      const uploaded = [...said.images, ...(await uploadImages(api, images))];
      const run = await withTrust(context, options.trustSettings === true ? 'all' : 'ask', (trust) =>
        delegateFrom(context, api, {
          input: { ...input, images: uploaded, trust: trust ?? input.trust },
          remote: input.source !== null,
        }),
      );
      const notes = taskNotes(run.task);
      for (const note of notes) context.note(cleanLine(note));
      const untested = run.task.verification.length === 0 && input.verification === null && input.source === null;
      const offer = untested && (await nobodySays(context, api, input)) ? await untestedNote(input.repository) : null;
      if (offer !== null) context.note(offer);
      if (options.watch !== true) {
        context.printJson({ run: lineOf(run), notes });
        context.print(
          `Run ${run.number} is ${run.status}: ${cleanLine(run.task.title)}\n  longhaul watch ${run.number}     follow it\n  longhaul show ${run.number}      see how it stands`,
        );
        return exit.done;
      }
      context.printJson({ type: 'run', run: lineOf(run), notes });
      const untilDecision = context.json || !context.terminal.outIsTty;
      return watchRun(context, api, { run, after: 0, untilDecision, messageLines: 4 });
    }),
  );
  explain(command, help);
};

const help: CommandHelp = {
  about: `Returns at once; the run goes on in the background, and survives this terminal, the runner and the machine. Your
working tree, index and branches stay as they are: the agent works on a copy, from the root of the repository. In one of its
folders, commands of --setup and --verify run in that folder. The embedded runner is started if none
runs, with the environment of this command (OPENAI_API_KEY, OPENAI_BASE_URL, LONGHAUL_*). A recipe says how a kind of task
is done; your goal stands in its text, and what you say here wins over what it says. With a recipe that needs no goal,
leave it out. To a runner elsewhere (--url) a snapshot of your working tree is uploaded: only what differs from the remote,
where the runner can read that; else all of its files, without their history.`,
  examples: [
    ['longhaul delegate "Fix the failing test in src/parser.ts" --verify "npm test" --watch', 'the usual way'],
    [
      'longhaul delegate --file task.md --setup "npm ci" --network packages.example.org --verify "npm test"',
      'with dependencies',
    ],
    ['longhaul delegate --recipe fix-failing-test "test/parser.test.ts: empty input"', 'by a recipe'],
    [
      'longhaul delegate --recipe label-issue --about https://github.com/acme/shop/issues/12',
      'labels for an issue, which you look at before they are published',
    ],
    [
      'longhaul delegate --recipe update-library --input package=lodash --input major=true',
      "by a recipe of the repository's that takes inputs",
    ],
    ['longhaul delegate "Make the page look like this" --image mockup.png', 'with a picture'],
    [
      'git log -1 --format=%B | longhaul delegate - --base head --budget turns=20,usd=1',
      'a goal from a pipe, on what is committed',
    ],
    [
      'longhaul delegate "Update the dependencies" --remote https://git.example.org/team/project.git --ref main',
      'on a remote, which no clone is needed for',
    ],
  ],
  json: `{"run": …, "notes": […]}: an entry of "longhaul runs --json", and sentences about the agent's copy, such as what did not come along.
With --preview: {"preview": …}, what would hold, with who says it.
With --watch that comes first, as {"type": "run", "run": …, "notes": […]}, and after it:
${watchJson}`,
  exits: [
    [0, 'delegated; with --watch: the run is over: accepted, or completed without changes and without a failed check'],
    ...watchExits.flatMap(([code, meaning]) => (code === 0 ? [] : [[code, `with --watch: ${meaning}`] as const])),
  ],
};

const inputOf = async (context: CommandContext, words: readonly string[], options: Options): Promise<DelegateInput> => {
  const budget = options.budget === undefined ? null : parseBudget(options.budget);
  if (budget?.outcome === 'invalid') throw usage(`--budget: ${budget.message}.`, 'Such as: --budget turns=40,usd=2');
  if (options.network !== undefined && options.setup === undefined)
    throw usage(
      '--network is for setup commands, and there is none.',
      'Give one with --setup, or leave --network out.',
    );
  const place = placeOf(context, options);
  const there = options.remote === undefined ? await folderInRepository(place.repository) : '';
  const planned = (commands: readonly string[] | undefined, network: readonly string[]) =>
    commands?.map((command) => ({
      command: commandIn(there, command),
      network: [...network],
      timeoutSeconds: commandSeconds,
    })) ?? null;
  const parsed = DelegateInput.safeParse({
    goal: await goalOf(context, words, options),
    recipe: options.recipe ?? null,
    inputs: inputsOf(options.input ?? []),
    title: options.title ?? null,
    about: options.about ?? null,
    ...place,
    base: options.base === 'worktree' ? 'worktree' : { commit: options.base === 'head' ? 'HEAD' : options.base },
    without: await fromRoot(place.repository, options.without ?? []),
    priority: options.priority ?? null,
    budget: budget?.budget ?? {},
    policy: options.policy === undefined ? null : await policyOf(context, options.policy),
    setup: planned(options.setup, options.network ?? []),
    verification: planned(options.verify, []),
    model: options.model ?? null,
    ...(options.decisionHours === undefined ? {} : { decisionHours: options.decisionHours }),
    trust: options.trust ?? null,
    dedupeKey: options.dedupe ?? null,
  });
  if (parsed.success) return parsed.data;
  throw usage(issueText(parsed.error, 'arguments'), 'See: longhaul help delegate');
};

/** What goes along with --from-json: the rest stands in the JSON. */
const besideJson: ReadonlySet<string> = new Set([
  'fromJson',
  'image',
  'preview',
  'unchecked',
  'watch',
  'trustSettings',
]);
/** Of those that have one. */
const ordinary: Readonly<Record<string, unknown>> = { repo: '.', base: 'worktree' };

/** What would be dropped is refused. */
const mustBeAlone = (words: readonly string[], options: Options): void => {
  const [name] = Object.entries(options)
    .filter(([each, value]) => !besideJson.has(each) && value !== ordinary[each])
    .map(([each]) => `--${each.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  const other = words.length > 0 ? 'a goal' : name;
  if (other !== undefined)
    throw usage(`--from-json takes all from stdin, and there is ${other} beside it.`, 'Put that into the JSON.');
};

const givenInput = async ({ terminal }: CommandContext): Promise<DelegateInput> => {
  const parsed = DelegateInput.safeParse(jsonOf(await terminal.input()));
  if (parsed.success) return parsed.data;
  throw usage(issueText(parsed.error, 'the input'), 'Give what "runs.delegate" of the API takes.');
};

/** Paths from where one stands are taken from the root of the repository. */
const fromRoot = async (repository: string, paths: readonly string[]): Promise<readonly string[]> => {
  const folder = paths.length === 0 ? '' : await folderInRepository(repository);
  return paths.map((path) => {
    const inside = posix.normalize(posix.join(folder, relative(repository, resolve(repository, path))));
    if (inside !== '..' && !inside.startsWith('../')) return inside;
    throw usage(
      `--without ${path} is outside of the repository: it is taken from ${repository}.`,
      'Name what lies in the repository.',
    );
  });
};

/** Where the code is: in a folder, or at a remote. */
const placeOf = (context: CommandContext, { repo, remote, ref, base }: Options) => {
  if (remote === undefined) {
    if (ref === undefined) return { repository: resolve(context.cwd, repo) };
    throw usage('--ref is for a remote, and there is none.', 'Give one with --remote, or a commit with --base.');
  }
  if (base !== 'worktree') throw usage('--base is for a repository here.', 'With --remote, say --ref instead.');
  return { repository: remote, source: { kind: 'remote', url: remote, ref: ref ?? null } };
};

/** `package=lodash` for each; what stands behind the first sign is the value, whatever it has. */
const inputsOf = (said: readonly string[]): Record<string, string> => {
  const inputs = new Map<string, string>();
  for (const input of said) {
    const at = input.indexOf('=');
    const name = input.slice(0, at).trim();
    const example = 'Such as: --input package=lodash';
    if (at < 1) throw usage(`--input ${JSON.stringify(cleanLine(input))} gives no input a value.`, example);
    if (!InputName.safeParse(name).success) throw usage(`--input: ${cleanLine(name)} is no name of an input.`, example);
    if (inputs.has(name)) throw usage(`The input ${name} is given twice.`, 'Give it once.');
    inputs.set(name, input.slice(at + 1));
  }
  return Object.fromEntries(inputs);
};

/** Empty only with a recipe, which may need none; the runner knows. */
const goalOf = async (
  context: CommandContext,
  words: readonly string[],
  { file, recipe }: Options,
): Promise<string> => {
  const fromStdin = file === '-' || (words.length === 1 && words[0] === '-');
  if (file !== undefined && words.length > 0)
    throw usage('The goal is given twice: as words and as a file.', 'Give one of them.');
  if (fromStdin) return context.terminal.input();
  if (file !== undefined) return readText(context, file);
  if (words.length === 0 && recipe === undefined)
    throw usage('What shall the agent do?', 'Such as: longhaul delegate "Fix the failing test" --verify "npm test"');
  return words.join(' ');
};

const policyOf = async (context: CommandContext, file: string): Promise<Policy> => {
  const text = await readText(context, file);
  // Loaded only here: most delegations name no file, and a YAML parser is a quarter of what this command loads.
  const { parsePolicy } = await import('../policy-file.ts');
  const parsed = parsePolicy(text);
  if (parsed.outcome === 'ok') return parsed.policy;
  throw usage(
    `The policy ${file} cannot be used:\n  ${parsed.problems.join('\n  ')}`,
    'Correct it and delegate again.',
  );
};

const readText = async (context: CommandContext, file: string): Promise<string> =>
  readFile(resolve(context.cwd, file), 'utf8').catch((error: unknown) => {
    throw usage(`${file} cannot be read: ${errorMessage(error)}`, 'Name a file that can.');
  });

/** A runner keeps the environment that it was started with: a key that was set since is not known to it. */
const warnAboutKey = async (
  context: CommandContext,
  info: Promise<{ readonly model: Pick<RunnerInfo['model'], 'key' | 'endpoint' | 'api'> }>,
): Promise<void> => {
  const { model } = await info;
  if (model.key) return;
  const variable = keyVariable(model.api);
  if ((context.env[variable] ?? '') !== '' && context.remote === null)
    context.note(
      `The runner was started without ${variable}. To have it use yours: longhaul stop, then delegate again.`,
    );
  else if (asksForKey(model.endpoint))
    context.note(
      `The runner has no model key, so the run will wait for one. Set ${variable}, then: longhaul stop, and approve what the run asks (longhaul decisions).`,
    );
};
