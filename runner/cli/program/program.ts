import { Command, CommanderError, Option } from '@commander-js/extra-typings';
import { contextOf, type Globals, type Surroundings } from '../context.ts';
import type { Act, Perform } from '../define.ts';
import { exit, type ExitCode } from '../exit.ts';
import { safeJson } from '../../../shared/text/clean.ts';
import { commands } from './commands.ts';
import { report } from './report.ts';

/** Longer lines are hard to read. */
const widestHelp = 110;

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
    <Own extends unknown[]>(perform: Perform<Own>) =>
    async (...all) => {
      // safe: these are what `programWith` defines
      const globals = program.opts() as unknown as Globals;
      // safe: commander passes the command's own arguments and options, then the command
      exitCode = await perform(contextOf(globals, surroundings), ...(all.slice(0, -1) as Own));
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

/** All commands with all their options, for whoever looks at what there is. Running it does nothing. @internal */
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
  const helpWidth = () => Math.min(terminal.columns(), widestHelp);
  const help = new Command('help').description('print the help of a command').helpGroup('The runner:');
  help.argument('[command]');
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
    .addHelpCommand(help)
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
