import { createWriteStream } from 'node:fs';
import { Option, type Command } from '@commander-js/extra-typings';
import { shellWord } from '../../../shared/text/shell-word.ts';
import { Trouble, usage } from '../../../shared/trouble.ts';
import { readyFd, startRunner, type ReadyMessage } from '../../local/start-runner.ts';
import { loadConfig, onDemandIdleMinutes, type RunnerConfig } from '../../machine/config/config.ts';
import { homeAt } from '../../machine/home/home.ts';
import { differences, readServed, recordServed, servedWith } from '../../machine/config/served.ts';
import { settings, type Flags } from '../../machine/config/settings.ts';
import type { CommandContext } from '../context.ts';
import { exit, type ExitCode } from '../exit.ts';
import { explain } from '../help.ts';
import type { ModelPrice } from '../../../shared/recipe/preview.ts';
import type { Define } from '../define.ts';

type Options = Readonly<Record<string, string | boolean | undefined>>;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

/** A flag for every setting that may have one; commander names its value after it. */
const flagOptions = settings.flatMap((setting) =>
  setting.flag === null
    ? []
    : [
        {
          path: setting.path,
          option: new Option(
            `${setting.flag} <${setting.value}>`,
            setting.variable === null ? setting.about : `${setting.about} (${setting.variable})`,
          ),
        },
      ],
);

export const define: Define = (command: Command, act) => {
  for (const { option } of flagOptions) command.addOption(option);
  command
    .option('--foreground', 'stay in this terminal until stopped (this is what you get without --detach)')
    .option('--detach', 'return as soon as it answers; its log goes to <home>/logs/runner.log')
    .option(
      '--on-demand',
      `it is started because something needs it: it goes after ${onDemandIdleMinutes} idle minutes, unless a setting says otherwise`,
    )
    .option(
      '--accept-loss',
      'start although the end of the database’s log is gone (longhaul doctor says what); it is put on record',
    )
    .addOption(new Option('--log-level <level>', 'how much it logs, on stderr').choices(logLevels).default('info'))
    .action(
      act(async (context, options) => {
        if (context.remote !== null)
          throw usage('A runner is served here, not elsewhere.', 'Leave out --url and LONGHAUL_URL.');
        if (options['detach'] === true && options['foreground'] === true)
          throw usage('--foreground and --detach exclude one another.', 'Give one of them.');
        return options['detach'] === true ? detach(context, options) : inForeground(context, options);
      }),
    );
  explain(command, {
    about: `The runner keeps the runs of one home, and works on them. Every other command starts it by itself when it is needed,
so this is for servers, for settings of its own, and for seeing what it logs. It listens on loopback unless told
otherwise. SIGTERM and Ctrl-C stop it after what is being written is written; runs go on when it starts again. One that
was started because it was needed goes when it is idle: nobody is connected, no run works, is queued or waits for a time.
Settings come from flags, then the environment, then <home>/config.yaml.`,
    examples: [
      ['longhaul serve', 'here, until Ctrl-C'],
      ['longhaul serve --detach --model gpt-5.1-codex', 'in the background'],
      ['longhaul serve --host 0.0.0.0 --port 4870 --public-url https://longhaul.example.org', 'for others, behind TLS'],
    ],
    json: '{"url", "home", "pid"}, as soon as it answers.',
    exits: [[0, 'it was stopped; with --detach: it answers']],
  });
};

const flagsOf = (options: Options): Flags =>
  Object.fromEntries(
    flagOptions.map(({ path, option }) => {
      const value = options[option.attributeName()];
      return [path, typeof value === 'string' ? value : undefined];
    }),
  );

const detach = async (context: CommandContext, options: Options): Promise<ExitCode> => {
  const flags = flagOptions.flatMap(({ option }) => {
    const value = options[option.attributeName()];
    return typeof value === 'string' && option.long !== undefined ? [option.long, value] : [];
  });
  const { home, self, env } = context;
  const started = await startRunner({
    home,
    command: self,
    flags: [
      ...flags,
      ...(options['onDemand'] === true ? ['--on-demand'] : []),
      ...(options['acceptLoss'] === true ? ['--accept-loss'] : []),
      '--log-level',
      String(options['logLevel']),
    ],
    env,
  });
  if (started.outcome === 'failed') throw new Trouble(started.message, { remedy: started.remedy });
  const { url, pid } = started.runner.file;
  context.printJson({ url, home, pid });
  context.print(
    started.began ? `The runner is at ${url} (process ${pid}).` : `A runner is at ${url} already (process ${pid}).`,
  );
  return exit.done;
};

const inForeground = async (context: CommandContext, options: Options): Promise<ExitCode> => {
  const starter = starterOf(context.env);
  const { home } = context;
  try {
    const config = await configOf(context, options);
    const { serve } = await import('../../control/serve.ts');
    const signal = context.interrupted();
    const logLevel = logLevels.find((level) => level === options['logLevel']) ?? 'info';
    const serving = await serve({
      home,
      config,
      signal,
      logLevel,
      acceptLoss: options['acceptLoss'] === true,
      onDemand: options['onDemand'] === true,
      priceOf: pricedBy(config.model),
      worker: [...context.self, 'worker-child'],
    });
    // One that a command starts is as its shell has it, and binds nobody.
    if (options['onDemand'] !== true)
      await recordServed(homeAt(home), servedWith(config, { flags: flagsOf(options), env: context.env }));
    starter?.({ outcome: 'ready', url: serving.url });
    context.printJson({ url: serving.url, home, pid: process.pid });
    context.print(`Longhaul runner at ${serving.url}, with its data in ${home}`);
    await serving.closed;
    return exit.done;
  } catch (error) {
    if (error instanceof Trouble)
      starter?.({ outcome: 'refused', code: error.code, message: error.message, remedy: error.remedy });
    throw error;
  }
};

/** Loaded only when it is asked for: the price list is larger than all the rest. */
const pricedBy =
  ({ baseUrl, pricesOf }: RunnerConfig['model']) =>
  async (model: string): Promise<ModelPrice | null> => {
    const { listPrice } = await import('../../worker/models/cost.ts');
    return listPrice(model, { baseURL: baseUrl, pricesOf: pricesOf ?? undefined });
  };

const configOf = async (context: CommandContext, options: Options): Promise<RunnerConfig> => {
  const loaded = await loadConfig({
    flags: flagsOf(options),
    env: context.env,
    file: homeAt(context.home).config,
    defaults: options['onDemand'] === true ? { idleMinutes: String(onDemandIdleMinutes) } : {},
  });
  if (loaded.outcome === 'ok') {
    if (options['onDemand'] === true) await refuseAnother(context.home, loaded.config);
    return loaded.config;
  }
  throw usage(`Settings cannot be used:\n  ${loaded.problems.join('\n  ')}`, 'Correct them and start it again.');
};

/** Somebody serves this home with settings of its own, and that runner is down: no other one takes its place unasked. */
const refuseAnother = async (home: string, config: RunnerConfig): Promise<void> => {
  const served = await readServed(homeAt(home));
  const others = served === null ? [] : differences(served, config);
  if (served === null || others.length === 0) return;
  throw new Trouble(
    `The runner of this home is not running, and a command would start it with other settings than it was last served with: ${others.join(', ')}.`,
    {
      remedy: `Start it as it was: longhaul serve --detach ${served.flags.map(shellWord).join(' ')}`
        .trimEnd()
        .concat(
          served.settings.some(({ by }) => !by.startsWith('--')) ? ', with the same variables set.' : '',
          '\nOr as this shell and config.yaml have it: longhaul serve --detach',
        ),
      code: 'other_settings',
    },
  );
};

/** Tells whoever started this process in the background how it went, once. */
const starterOf = (env: NodeJS.ProcessEnv): ((message: ReadyMessage) => void) | null => {
  const descriptor = env[readyFd];
  // Not for the workers that this process starts.
  delete env[readyFd];
  if (descriptor === undefined || !/^\d+$/.test(descriptor)) return null;
  const stream = createWriteStream('', { fd: Number(descriptor) });
  // Nobody may be listening any more: the command that started it was ended.
  stream.on('error', () => undefined);
  return (message) => void stream.end(`${JSON.stringify(message)}\n`);
};
