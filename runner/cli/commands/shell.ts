import { randomBytes } from 'node:crypto';
import { addAbortListener } from 'node:events';
import { runShell } from '../../sandbox/namespaces/shell.ts';
import { userOf } from '../../worker/start/owner.ts';
import { sandboxForWorkers, type RunnerConfig } from '../../machine/config/config.ts';
import { configOfRunner } from '../../machine/config/served.ts';
import { homeAt } from '../../machine/home/home.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { visible } from '../../../shared/text/clean.ts';
import { Trouble, usage } from '../../../shared/trouble.ts';
import type { CommandContext } from '../context.ts';
import type { Define } from '../define.ts';
import { exit } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import { runOf } from '../resolve.ts';
import { copyTree, type TreeCopy } from '../tree-copy.ts';

export const define: Define = (command, act) => {
  command.argument('[run]', runArgument, 'latest').action(
    act(async (context, run) => {
      if (context.json || !context.terminal.interactive || !context.terminal.outIsTty)
        throw usage('A shell needs a terminal.', 'Type it at one, without --json.');
      if (context.remote !== null)
        throw new Trouble('A shell can be had where the run’s tree is, and nowhere else.', {
          remedy: 'Type it on the machine of the runner, or see the files from here: longhaul tree',
        });
      const { state } = await runOf(context, run);
      if (state.status === 'working')
        throw new Trouble(`Run ${state.number} is at work, and its tree changes meanwhile.`, {
          remedy: `Have it stand still first: longhaul pause ${state.number}`,
          code: 'conflict',
        });
      const config = await configHere(context);
      const owner = userOf(state.number, config.sandbox.uidBase);
      const name = randomBytes(6).toString('hex');
      await using copy = await copyTree(homeAt(context.home).run(state.id), name, owner);
      if (copy === null)
        throw new Trouble(`The tree of run ${state.number} is not on this machine, or not any more.`, {
          remedy: `See what it changed: longhaul diff ${state.number}`,
          code: 'not_found',
        });
      await shellIn(context, { state, config, owner, copy });
      return exit.done;
    }),
  );
  explain(command, {
    about: `An interactive shell in the sandbox of a run that stands still, over a copy of its tree as it is, with ignored files: nothing that you
do there reaches the run, and the copy is removed when the shell ends. As for the agent there is no network, none of your secrets, and the same limits.
The terminal in it is of its own, so that job control works; it stays as large as the window was when it began. On the runner's machine alone, where
commands run in namespaces.`,
    examples: [['longhaul shell 12', 'try out what run 12 has made']],
    json: 'Nothing: a shell is for a person, and refuses it.',
  });
};

/** The settings of this machine's runner. Throws Trouble where they confine commands in another way. */
const configHere = async ({ home, env }: CommandContext): Promise<RunnerConfig> => {
  const loaded = await configOfRunner(homeAt(home), env);
  if (loaded.outcome === 'invalid')
    throw new Trouble(loaded.problems.join('\n'), { remedy: 'Correct the settings: longhaul doctor' });
  const { kind } = sandboxForWorkers(loaded.config).isolation;
  if (kind !== 'namespaces')
    throw new Trouble(`Commands run in another way here (${kind}), in which there is no shell to be had.`, {
      remedy: 'See the files: longhaul tree',
    });
  return loaded.config;
};

interface Inside {
  readonly state: RunSummary;
  readonly config: RunnerConfig;
  readonly owner: ReturnType<typeof userOf>;
  readonly copy: TreeCopy;
}

const shellIn = async (context: CommandContext, { state, config, owner, copy }: Inside): Promise<void> => {
  const { terminal, note, env } = context;
  for (const line of copy.left.slice(0, 5)) note(`Not in the copy: ${visible(line)}`);
  note(
    `A copy of the tree of run ${state.number}, in its sandbox: no network, and nothing that you do here reaches the run. Leave with "exit".`,
  );
  using closing = terminalClosed(context.interrupted());
  using keys = terminal.keys();
  const ended = await runShell(
    {
      workspace: copy.tree,
      home: copy.home,
      scratch: copy.scratch,
      user: owner,
      limits: sandboxForWorkers(config).sandbox,
      readable: config.sandbox.readable,
    },
    {
      input: keys.input,
      onOutput: (chunk) => {
        if (!closing.signal.aborted) terminal.out(chunk);
      },
      rows: terminal.rows(),
      columns: terminal.columns(),
      kind: env['TERM'] ?? 'dumb',
      signal: closing.signal,
    },
  );
  if ('reason' in ended) throw new Trouble(ended.reason, { remedy: ended.remedy });
  if (ended.outcome === 'limit') note('It was ended: the copy had grown beyond what a workspace may take.');
  if (ended.outcome === 'memory') note('It was ended: its processes took more memory than they may.');
};

/** A window that is closed must leave no copy behind: without a listener the process ends at once. */
const terminalClosed = (interrupted: AbortSignal): Disposable & { readonly signal: AbortSignal } => {
  const controller = new AbortController();
  const close = (): void => controller.abort();
  const interruption = addAbortListener(interrupted, close);
  process.on('SIGHUP', close);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      interruption[Symbol.dispose]();
      process.off('SIGHUP', close);
    },
  };
};
