import { Command, CommanderError, Option } from 'commander';
import { contextOf, type CommandContext, type Globals, type Surroundings } from './context.ts';
import { exit, Failure, type ExitCode } from './exit.ts';
import { safeJson } from './text.ts';

/** Wraps what a command does into an action of commander: `context` first, then the command's arguments and options. */
type Act = (
  perform: (context: CommandContext, ...args: never[]) => Promise<ExitCode>,
) => (...all: unknown[]) => Promise<void>;

/** Gives a command its arguments, options, help and action. Called only for the command that is used. */
export type Define = (command: Command, act: Act) => void;

interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

const groups = { work: 'Hand over and follow:', decide: 'Decide:', review: 'Review:', runner: 'The runner:' } as const;

/** Loaded one at a time: reading all of them would cost more than most of them take. */
const commands: readonly Entry[] = [
  {
    name: 'delegate',
    group: groups.work,
    summary: 'hand a task on a repository to a background agent',
    load: () => import('./commands/delegate.ts'),
  },
  {
    name: 'recipes',
    group: groups.work,
    summary: 'list the kinds of task that can be delegated by name',
    load: () => import('./commands/recipes.ts'),
  },
  { name: 'runs', group: groups.work, summary: 'list runs', load: () => import('./commands/runs.ts') },
  { name: 'show', group: groups.work, summary: 'everything about one run', load: () => import('./commands/show.ts') },
  {
    name: 'watch',
    group: groups.work,
    summary: 'follow a run while it works',
    load: () => import('./commands/watch.ts'),
  },
  {
    name: 'message',
    group: groups.work,
    summary: 'tell the agent something while it works',
    load: () => import('./commands/message.ts'),
  },
  { name: 'cancel', group: groups.work, summary: 'stop a run', load: () => import('./commands/cancel.ts') },
  {
    name: 'retry',
    group: groups.work,
    summary: 'have a run that failed go on from its last checkpoint',
    load: () => import('./commands/retry.ts'),
  },
  {
    name: 'decisions',
    group: groups.decide,
    summary: 'what waits for a person',
    load: () => import('./commands/decisions.ts'),
  },
  {
    name: 'approve',
    group: groups.decide,
    summary: 'let a run do what it asks for',
    load: () => import('./commands/approve.ts'),
  },
  {
    name: 'reject',
    group: groups.decide,
    summary: 'refuse it, and say why',
    load: () => import('./commands/reject.ts'),
  },
  {
    name: 'answer',
    group: groups.decide,
    summary: 'answer a question of the agent',
    load: () => import('./commands/answer.ts'),
  },
  { name: 'diff', group: groups.review, summary: 'what a run changed', load: () => import('./commands/diff.ts') },
  {
    name: 'apply',
    group: groups.review,
    summary: 'put the changes into your working tree, or on a branch',
    load: () => import('./commands/apply.ts'),
  },
  { name: 'accept', group: groups.review, summary: 'accept a result', load: () => import('./commands/accept.ts') },
  {
    name: 'discard',
    group: groups.review,
    summary: 'reject a result, or ask for changes',
    load: () => import('./commands/discard.ts'),
  },
  { name: 'serve', group: groups.runner, summary: 'run the runner', load: () => import('./commands/serve.ts') },
  {
    name: 'stop',
    group: groups.runner,
    summary: 'stop the runner; its runs go on when it starts again',
    load: () => import('./commands/stop.ts'),
  },
  {
    name: 'backup',
    group: groups.runner,
    summary: 'copy a home while its runner works',
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore',
    group: groups.runner,
    summary: 'put a back-up into an empty home',
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'deploy',
    group: groups.runner,
    summary: 'put the worker on Trigger.dev, and check it there',
    load: () => import('./commands/deploy.ts'),
  },
  {
    name: 'doctor',
    group: groups.runner,
    summary: 'check what runs need, and say how to get it',
    load: () => import('./commands/doctor.ts'),
  },
];

/** Longer lines are hard to read. */
const WIDEST_HELP = 110;

const overview = `
Runs are named by number (12), by id or the beginning of it (run_k3v), or "latest".
"longhaul help <command>" has examples, exit codes, and what --json prints.

Exit codes: 0 done · 1 failed · 2 wrong usage · 3 waits for a person
`;

/** Parses the arguments, runs the command they name, and says what went wrong. Never throws. */
export const runCli = async (argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> => {
  const { terminal } = surroundings;
  // Read before commander has: its own complaints have to know it, too.
  const json = argv.includes('--json');
  let exitCode: ExitCode = exit.done;
  const act: Act =
    (perform) =>
    async (...all) => {
      const command = all.at(-1);
      const globals = command instanceof Command ? command.optsWithGlobals<Globals>() : { color: true };
      // safe: commander passes the arguments that were defined beside `perform`, then the options, then the command
      exitCode = await perform(contextOf(globals, surroundings), ...(all.slice(0, -1) as never[]));
    };
  const program = await programWith(argv, act, surroundings);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version are such "errors" with code 0; with no command at all the help is an answer to wrong usage.
      if (error.exitCode === 0) return exit.done;
      if (json)
        terminal.out(
          `${safeJson({ error: { code: 'usage', message: error.code === 'commander.help' ? 'no command was given' : error.message.replace(/^error: /, ''), remedy: 'longhaul help' } })}\n`,
        );
      return exit.usage;
    }
    return report(error, { ...surroundings, json });
  }
};

/** All commands with all their options, for whoever looks at what there is. Running it does nothing. */
export const everyCommand = (surroundings: Surroundings): Promise<Command> =>
  programWith(
    commands.map(({ name }) => name),
    () => async () => {},
    surroundings,
  );

const programWith = async (
  argv: readonly string[],
  act: Act,
  { terminal, version }: Surroundings,
): Promise<Command> => {
  const helpWidth = () => Math.min(terminal.columns(), WIDEST_HELP);
  const program = new Command('longhaul')
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.note(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'longhaul: ')),
      getOutHelpWidth: helpWidth,
      getErrHelpWidth: helpWidth,
    })
    .description('Durable background coding agents: delegate a task, come back to a reviewed diff with evidence.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpCommand(
      new Command('help').argument('[command]').description('print the help of a command').helpGroup(groups.runner),
    )
    .addOption(new Option('--home <folder>', 'where the runner keeps its data (LONGHAUL_HOME)'))
    .addOption(new Option('--json', 'print one JSON document on stdout, a line each for what streams'))
    .addOption(new Option('--url <url>', 'use the runner at this address (LONGHAUL_URL)'))
    .addOption(new Option('--token <token>', 'token for it (LONGHAUL_TOKEN)'))
    .addOption(new Option('--no-color', 'print without colours (NO_COLOR)'))
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .addHelpText('after', overview)
    .showHelpAfterError('Try: longhaul help')
    .exitOverride();
  for (const { name, summary, group, load } of commands) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .helpGroup(group)
      .showHelpAfterError(`Try: longhaul help ${name}`)
      .exitOverride();
    // A word of a goal may be the name of a command, too: then one more is loaded than is needed.
    if (argv.includes(name)) (await load()).define(command, act);
  }
  return program;
};

/** Says what ended a command: expected failures in a sentence with their remedy, bugs with their stack. */
const report = async (error: unknown, { terminal, json }: Surroundings & { json: boolean }): Promise<ExitCode> => {
  const failure = error instanceof Failure ? error : await explained(error);
  terminal.note(
    `longhaul: ${failure.message}\n${failure.remedy === '' ? '' : `  ${failure.remedy.split('\n').join('\n  ')}\n`}`,
  );
  const { code, message, remedy } = failure;
  if (json) terminal.out(`${safeJson({ error: { code, message, remedy } })}\n`);
  return failure.exitCode;
};

const explained = async (error: unknown): Promise<Failure> => {
  const { problemOf } = await import('./connection/problem.ts');
  const problem = problemOf(error);
  if (problem !== null)
    return new Failure(problem.message, {
      remedy: problem.remedy,
      code: problem.code,
      exitCode: problem.code === 'invalid' ? exit.usage : exit.failed,
    });
  const { message, remedy } = sentenceOf(error);
  return new Failure(message, { remedy, code: 'internal' });
};

/** Errors of ours that bring their remedy along (a home, a store); anything else is a bug, and its stack is what helps. */
const sentenceOf = (error: unknown): { readonly message: string; readonly remedy: string } => {
  if (!(error instanceof Error)) return { message: String(error), remedy: '' };
  if ('remedy' in error && typeof error.remedy === 'string') return { message: error.message, remedy: error.remedy };
  return { message: `unexpected: ${error.message}`, remedy: error.stack ?? '' };
};
