import { usage } from '../../../shared/trouble.ts';
import { connect } from '../connection/client.ts';
import { findRunner, logFile } from '../../local/find-runner.ts';
import { sandboxForWorkers, type LoadedConfig, type RunnerConfig } from '../../machine/config/config.ts';
import { homeAt } from '../../machine/home/home.ts';
import { configOfRunner } from '../../machine/config/served.ts';
import type { CommandContext } from '../context.ts';
import { fail, ok, warn, type Check } from '../../machine/check.ts';
import { engineChecks } from '../doctor/engine.ts';
import { homeCheck, runnerChecks } from '../doctor/home.ts';
import { nodeCheck, programChecks, ripgrepCheck } from '../doctor/machine.ts';
import { controlGroupCheck } from '../doctor/control-group.ts';
import { sandboxCheck } from '../doctor/sandbox.ts';
import { judgeModel, listModels } from '../doctor/model.ts';
import { buildToolChecks } from '../doctor/build-tools.ts';
import { toolchainChecks } from '../doctor/toolchains.ts';
import { doctorView } from '../doctor/view.ts';
import type { Tried } from '../doctor/try-model.ts';
import { exit } from '../exit.ts';
import { explain } from '../help.ts';
import type { Define } from '../define.ts';

export const define: Define = (command, act) => {
  command.option('--model', 'have the model call each tool once, and say what its endpoint knows').action(
    act(async (context, { model = false }) => {
      const { checks, switches } = await look(context, model);
      const good = checks.every((check) => check.outcome !== 'fail');
      context.printJson({ ok: good, checks, ...(model && { switches }) });
      context.print(doctorView(checks, context.paint));
      return good ? exit.done : exit.failed;
    }),
  );
  explain(command, {
    about: `Programs, the sandbox (by confining a real command), toolchains of this shell that commands do not see, the home and its disk, the database, the runner, what starts its
workers where that is Trigger.dev, and the model endpoint. Says for each what is missing and how to get it. Starts nothing, and
sends nothing but one question for the list of models; one for the list of machines, where a provider's machines run the
commands; and where tasks of Trigger.dev are the workers, for its runs, deployments and stream.
With --model the configured model is asked for real turns, one for each tool, which cost what they cost: each capability by its
name, and what of a request the endpoint does not know, as the line of config.yaml that leaves it out. No call is run.`,
    examples: [
      ['longhaul doctor --model', 'whether an endpoint will do'],
      ['longhaul doctor', 'before the first run, or when one fails'],
      ['longhaul doctor --json | jq ".checks[] | select(.outcome != \\"ok\\")"', 'only what is wrong'],
    ],
    json: '{"ok": true | false, "checks": [{"name", "outcome": "ok" | "warn" | "fail", "detail", "remedy"}, …], "switches": {…}}; switches with --model: what to put into model.switches',
    exits: [[1, 'something that runs need is missing']],
  });
};

const look = async (context: CommandContext, model: boolean): Promise<Tried> => {
  if (context.remote === null) {
    const checks = await localChecks(context);
    const tried = model ? await modelTrial(context) : { checks: [], switches: {} };
    return { ...tried, checks: [...checks, ...tried.checks] };
  }
  if (model)
    throw usage(
      'The model is asked from the machine of the runner, with its settings.',
      'Run longhaul doctor --model there, or without --url and LONGHAUL_URL for the settings of this machine.',
    );
  return { checks: [await remoteCheck(context)], switches: {} };
};

/** With settings that cannot be read there is nothing to try; that they cannot be, is said already. */
const modelTrial = async (context: CommandContext): Promise<Tried> => {
  const file = homeAt(context.home).config;
  const loaded = await configOfRunner(homeAt(context.home), context.env);
  if (loaded.outcome === 'invalid') return { checks: [], switches: {} };
  const { triedModel } = await import('../doctor/try-model.ts');
  return triedModel(loaded.config, { file, signal: context.interrupted(), note: context.note });
};

const localChecks = async (context: CommandContext): Promise<readonly Check[]> => {
  const { home, version } = context;
  const loaded = await configOfRunner(homeAt(home), context.env);
  const store = loaded.outcome === 'ok' ? loaded.config.store : ({ kind: 'sqlite' } as const);
  const parts = await Promise.all([
    programChecks(),
    ripgrepCheck(),
    homeCheck(home),
    runnerChecks({ home, store, version }),
    settingsChecks(context, loaded),
  ]);
  return [nodeCheck(process.version), ...parts.flat()];
};

const remoteCheck = async (context: CommandContext): Promise<Check> => {
  const { version, model } = await (await context.runner()).call.runner.info.query();
  return ok('runner', `${context.remote?.url}, version ${version}, model ${model.name} at ${model.endpoint}`);
};

/** What the settings name: what confines commands, and the model. */
const settingsChecks = async (context: CommandContext, loaded: LoadedConfig): Promise<readonly Check[]> => {
  if (loaded.outcome === 'invalid')
    return loaded.problems.map((problem) =>
      fail('settings', problem, 'Correct it; other settings were not looked at.'),
    );
  const { config } = loaded;
  const { kind } = sandboxForWorkers(config).isolation;
  const [sandbox, groups, engine, list, stale] = await Promise.all([
    sandboxCheck(config),
    // Elsewhere whoever gives the machine sets its limits.
    kind === 'namespaces' ? controlGroupCheck() : null,
    engineChecks(config, context.env),
    listModels({ api: config.model.api, baseUrl: config.model.baseUrl, apiKey: config.apiKey }),
    staleSettings(context, config),
  ]);
  const toolchains = [
    ...toolchainChecks(config, { env: context.env, file: homeAt(context.home).config }),
    ...buildToolChecks(context.env),
  ];
  return [sandbox, ...(groups === null ? [] : [groups]), ...toolchains, ...engine, judgeModel(config, list), ...stale];
};

/** A runner keeps the settings that it was started with: what this shell says may be news to it. */
const staleSettings = async (context: CommandContext, config: RunnerConfig): Promise<readonly Check[]> => {
  const found = await findRunner(context.home);
  if (found.outcome !== 'running') return [];
  const { model, troubles } = await connect({ url: found.file.url, token: found.token }).call.runner.info.query();
  const own = troubles.map((trouble) =>
    warn('engine', trouble, `The runner says so; its log: ${logFile(context.home)}`),
  );
  const same =
    model.name === config.model.name &&
    model.endpoint === withoutQuery(config.model.baseUrl) &&
    model.key === (config.apiKey !== null);
  return same
    ? own
    : [
        ...own,
        warn(
          'settings',
          `the running runner was started with others: ${model.name} at ${model.endpoint}, ${model.key ? 'with' : 'without'} a key`,
          'To have it use those of this shell: longhaul stop && longhaul serve --detach',
        ),
      ];
};

/** As the runner tells its endpoint: without what may be secret. */
const withoutQuery = (url: string): string => {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
};
