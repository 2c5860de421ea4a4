import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import { errorMessage, Trouble } from '../../../shared/trouble.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import { deployedVersions, type Access } from '../../trigger-dev/engine/deployments.ts';
import { checkReach, cloud, readAccess } from '../../trigger-dev/engine/access.ts';
import { fail, ok, warn, type Check } from '../../machine/check.ts';

type Trigger = Extract<RunnerConfig['engine'], { kind: 'trigger' }>;

const answerMs = 10_000;
const deployIt = 'Deploy the task with: longhaul deploy. See docs/trigger.md.';

/** What starts workers: whether it answers, and has what it is to start. Starts nothing there. */
export const engineChecks = async (
  { engine, server }: Pick<RunnerConfig, 'engine' | 'server'>,
  env: NodeJS.ProcessEnv,
): Promise<readonly Check[]> => {
  if (engine.kind === 'embedded') return [];
  try {
    const { secretKey, apiUrl } = readAccess(env);
    checkReach(apiUrl, server.publicUrl);
    return await triggerChecks(engine, { baseUrl: apiUrl, accessToken: secretKey });
  } catch (error) {
    if (error instanceof Trouble) return [fail('engine', error.message, error.remedy)];
    throw error;
  }
};

const triggerChecks = async (engine: Trigger, access: Access): Promise<readonly Check[]> => {
  const answered = await keyCheck(access);
  if (answered.outcome === 'fail') return [answered];
  const [deployment, realtime] = await Promise.all([deploymentCheck(engine, access), realtimeCheck(access)]);
  return [answered, ...deployment, realtime, ...waitsCheck(engine, access)];
};

const ask = (path: string, { baseUrl, accessToken }: Access): Promise<number | string> =>
  straightFetch(`${baseUrl}${path}`, {
    headers: { authorization: `Bearer ${accessToken}`, 'x-trigger-electric-version': '1.0.0-beta.1' },
    signal: AbortSignal.timeout(answerMs),
  }).then(
    async (answer) => {
      await answer.body?.cancel();
      return answer.status;
    },
    (error: unknown) => {
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      return errorMessage(cause);
    },
  );

const keyCheck = async (access: Access): Promise<Check> => {
  const answer = await ask('/api/v1/runs?page%5Bsize%5D=1', access);
  const about = `Trigger.dev at ${access.baseUrl}`;
  if (answer === 200) return ok('engine', about);
  if (answer === 401 || answer === 403)
    return fail(
      'engine',
      `${about}: the key is refused (${answer})`,
      'TRIGGER_SECRET_KEY has to be that of the environment that the task is deployed to.',
    );
  return typeof answer === 'string'
    ? fail('engine', `${about}: not reached: ${answer}`, 'Check TRIGGER_API_URL, and the network.')
    : fail('engine', `${about}: answers ${answer}`, 'Look at its own log; runs are queued until it answers.');
};

/** What `trigger dev` works on is no deployment, and is there for as long as that command runs. */
const deploymentCheck = async ({ version }: Trigger, access: Access): Promise<readonly Check[]> => {
  if (access.accessToken.startsWith('tr_dev_'))
    return [
      warn(
        'deployment',
        'the key is of the development environment: tasks run in trigger dev, as long as that is at work',
        'To deploy, take the key of another environment. To try it: npx trigger.dev dev',
      ),
    ];
  const versions = await deployedVersions(access).catch(() => null);
  if (versions === null) return [];
  const [newest] = versions;
  if (newest === undefined) return [fail('deployment', 'nothing is deployed to this environment', deployIt)];
  if (version === null) return [ok('deployment', `the current one; the newest is ${newest}`)];
  return versions.includes(version)
    ? [ok('deployment', version)]
    : [
        fail(
          'deployment',
          `engine.version is ${version}, and there is no such deployment in this environment`,
          `Name one that there is (the newest is ${newest}), or none: then it is the current one.`,
        ),
      ];
};

const realtimeCheck = async (access: Access): Promise<Check> => {
  const answer = await ask('/realtime/v1/runs?tags=longhaul&createdAt=1m&offset=-1', access);
  return answer === 200
    ? ok('realtime', 'its stream answers: what becomes of a task is known at once')
    : warn(
        'realtime',
        `its stream ${typeof answer === 'string' ? `is not reached (${answer})` : `answers ${answer}`}: what becomes of tasks is polled, every 5 s`,
        'Runs work nevertheless; a task that crashes is noticed some seconds later. On a server of your own, look at its realtime backend (Electric).',
      );
};

const waitsCheck = ({ waits }: Trigger, { baseUrl }: Access): readonly Check[] =>
  waits === 'token' && new URL(baseUrl).host !== new URL(cloud).host
    ? [
        warn(
          'waits',
          'engine.waits is token, and a server of your own makes no checkpoints: a task that waits keeps its machine and its place in the queue',
          'Set engine.waits to end, which is the default.',
        ),
      ]
    : [];
