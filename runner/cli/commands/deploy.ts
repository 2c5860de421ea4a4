import { Option, type Command } from '@commander-js/extra-typings';
import { errorMessage, Trouble } from '../../../shared/trouble.ts';
import { sandboxForWorkers } from '../../machine/config/config.ts';
import { homeAt } from '../../machine/home/home.ts';
import { configOfRunner } from '../../machine/config/served.ts';
import { keyVariable } from '../../machine/config/model-key.ts';
import { CheckInput } from '../../trigger-dev/protocol.ts';
import type { CommandContext } from '../context.ts';
import { checkKey, openAccess, setVariables, variablesFor, type Access } from '../../trigger-dev/deployment/access.ts';
import { buildTask } from '../../trigger-dev/deployment/build.ts';
import { findProject } from '../../trigger-dev/deployment/project.ts';
import { verifyDeployment } from '../../trigger-dev/deployment/verify.ts';
import { fail, ok, type Check } from '../../machine/check.ts';
import { doctorView } from '../doctor/view.ts';
import { exit } from '../exit.ts';
import { explain } from '../help.ts';
import { collect } from '../options.ts';
import type { Define } from '../define.ts';

const withOptions = (command: Command) =>
  command
    .addOption(new Option('--env <env>', 'environment of the project').choices(['prod', 'staging']).default('prod'))
    .option('--set <name>', 'give the tasks this variable of this shell, too; may be repeated', collect)
    .option('--local-build', 'build the image with Docker here (for a self-hosted Trigger.dev)')
    .option('--no-build', 'leave the deployed task as it is: only set variables and check')
    .option('--dry-run', 'build the task, and change nothing at Trigger.dev');

type Options = ReturnType<ReturnType<typeof withOptions>['opts']>;

export const define: Define = (command, act) => {
  withOptions(command).action(
    act(async (context, options) => {
      const checks = await deploy(context, options);
      const good = checks.every(({ outcome }) => outcome !== 'fail');
      context.printJson({ ok: good, dryRun: options.dryRun === true, checks });
      context.print(doctorView(checks, context.paint));
      return good ? exit.done : exit.failed;
    }),
  );
  explain(command, {
    about: `Makes Trigger.dev ready to work for this runner: sets the variables that tasks need (OPENAI_API_KEY, or ANTHROPIC_API_KEY
where that is the API, if it is set here, and those named with --set), builds and deploys the task with the official command line, and runs a task that looks whether its
machine has what runs need. Needs TRIGGER_PROJECT_REF, TRIGGER_SECRET_KEY and TRIGGER_ACCESS_TOKEN; TRIGGER_API_URL for a
self-hosted one. See docs/trigger.md.`,
    examples: [
      ['longhaul deploy --dry-run', 'whether it builds'],
      ['longhaul deploy', 'to the Cloud'],
      ['TRIGGER_API_URL=https://trigger.example.org longhaul deploy --local-build', 'to a server of your own'],
      ['longhaul deploy --no-build', 'after a key has changed'],
    ],
    json: '{"ok": true | false, "dryRun", "checks": [{"name", "outcome": "ok" | "warn" | "fail", "detail", "remedy"}, …]}',
    exits: [[1, 'it is not deployed, or what is deployed cannot work']],
  });
};

const deploy = async (context: CommandContext, options: Options): Promise<readonly Check[]> => {
  const { env, note } = context;
  const dryRun = options.dryRun === true;
  const access = await openAccess(env, { builds: options.build });
  checkKey(env['TRIGGER_SECRET_KEY'] ?? '', options.env);
  const asked = await askedOf(context);
  const variables = variablesFor(env, { key: keyVariable(asked.api), names: options.set ?? [] });
  const names = Object.keys(variables).join(', ') || 'none';
  const checks: Check[] = [
    ok('trigger.dev', `${access.apiUrl}, project ${access.projectRef}, environment ${options.env}`),
  ];
  if (dryRun) checks.push(ok('variables', `would be set: ${names}`));
  else {
    if (Object.keys(variables).length > 0) await setVariables(access, options.env, variables);
    checks.push(ok('variables', `set: ${names}`));
  }
  if (options.build) {
    note('Building the task…');
    const built = await buildTask(await findProject(), {
      environment: options.env,
      dryRun,
      localBuild: options.localBuild === true,
      env,
      onLine: (line) => note(`  ${line}`),
    });
    if (built.outcome === 'failed')
      return [...checks, fail('build', built.detail, 'What the official command line says, is above.')];
    checks.push(ok('build', built.detail));
  }
  if (dryRun) return checks;
  note('Starting a task to look at its machine…');
  return [...checks, ...(await verify(access, { ...asked, signal: context.interrupted() }))];
};

/** What the runner of this home would tell its workers; of settings that cannot be read the runner itself will complain. */
const askedOf = async ({ env, home }: CommandContext): Promise<CheckInput> => {
  const loaded = await configOfRunner(homeAt(home), env);
  if (loaded.outcome === 'invalid') return CheckInput.parse({});
  return { isolation: sandboxForWorkers(loaded.config).isolation, api: loaded.config.model.api };
};

const verify = async (
  access: Access,
  asked: CheckInput & { readonly signal: AbortSignal },
): Promise<readonly Check[]> => {
  const { signal } = asked;
  try {
    return await verifyDeployment(access, asked);
  } catch (error) {
    if (signal.aborted)
      throw new Trouble('Interrupted; what was deployed stays.', {
        remedy: 'longhaul deploy --no-build looks at it.',
        code: 'interrupted',
      });
    const detail = errorMessage(error);
    return [
      fail('check', `Trigger.dev did not start it: ${detail}`, 'Is TRIGGER_SECRET_KEY that of this environment?'),
    ];
  }
};
