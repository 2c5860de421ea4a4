import type { ApiClient, parsePacket } from '@trigger.dev/core/v3';
import { errorMessage, Trouble, usage } from '../../../shared/trouble.ts';

export interface Access {
  readonly client: ApiClient;
  readonly parsePacket: typeof parsePacket;
  readonly apiUrl: string;
  readonly projectRef: string;
}

/** Reads the keys, each of which has its own use, and opens the API. Throws Trouble that names those that are missing. */
export const openAccess = async (env: NodeJS.ProcessEnv, { builds }: { readonly builds: boolean }): Promise<Access> => {
  const needed = [
    ['TRIGGER_PROJECT_REF', 'the project, such as proj_abc, from its settings'],
    ['TRIGGER_SECRET_KEY', 'the secret key of the environment, from the page of API keys'],
    ...(builds ? ([['TRIGGER_ACCESS_TOKEN', 'a personal access token, for the official command line']] as const) : []),
  ] as const;
  const missing = needed.filter(([name]) => (env[name] ?? '') === '');
  if (missing.length > 0)
    throw usage(
      `${missing.map(([name]) => name).join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set.`,
      missing.map(([name, what]) => `Set ${name}: ${what}.`).join('\n'),
    );
  const [{ readAccess }, { loadCore }] = await Promise.all([
    import('../engine/access.ts'),
    import('../engine/open.ts'),
  ]);
  const { secretKey, apiUrl } = readAccess(env);
  const { ApiClient, parsePacket } = await loadCore();
  const client = new ApiClient(apiUrl, secretKey, undefined, { retry: { maxAttempts: 3 } });
  return { client, parsePacket, apiUrl, projectRef: env['TRIGGER_PROJECT_REF'] ?? '' };
};

/** What keys begin with tells of which environment they are. */
const keysOf = { prod: 'tr_prod_', staging: 'tr_stg_' } as const;
const environments: Readonly<Record<string, string>> = {
  tr_dev_: 'development',
  tr_prod_: 'prod',
  tr_stg_: 'staging',
  tr_preview_: 'preview',
};

/**
 * A key of another environment would set variables in one and check the task of another. Throws Trouble for one that says so; a
 * key that tells nothing is for Trigger.dev to judge.
 */
export const checkKey = (secretKey: string, environment: keyof typeof keysOf): void => {
  const start = Object.keys(environments).find((each) => secretKey.startsWith(each));
  if (start === undefined || start === keysOf[environment]) return;
  const dev =
    start === 'tr_dev_' ? '\nTo try it in the development environment, nothing is deployed: npx trigger.dev dev' : '';
  throw usage(
    `TRIGGER_SECRET_KEY is a key of the environment ${environments[start]}, and this deploys to ${environment}.`,
    `Take the secret key of ${environment} (${keysOf[environment]}…) from the project’s page of API keys, or name its own environment with --env.${dev}`,
  );
};

/** What the tasks get in their environment: the model's key, `key`, and whatever else was named. Values never stand in a command line. */
export const variablesFor = (
  env: NodeJS.ProcessEnv,
  { key, names }: { readonly key: string; readonly names: readonly string[] },
): Readonly<Record<string, string>> => {
  const wanted = [...new Set([key, ...names])];
  const missing = names.filter((name) => (env[name] ?? '') === '');
  if (missing.length > 0)
    throw usage(
      `${missing.join(', ')}: named with --set, and not in this environment.`,
      'Set it here, or leave it out.',
    );
  return Object.fromEntries(
    wanted.flatMap((name) => (env[name] === undefined || env[name] === '' ? [] : [[name, env[name]]])),
  );
};

/** Throws Trouble with what Trigger.dev said. */
export const setVariables = async (
  { client, projectRef }: Access,
  environment: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> => {
  try {
    await client.importEnvVars(projectRef, environment, {
      variables: { ...variables },
      override: true,
      isSecret: true,
    });
  } catch (error) {
    throw new Trouble(`The variables of the environment ${environment} could not be set: ${errorMessage(error)}`, {
      remedy: 'TRIGGER_SECRET_KEY and TRIGGER_PROJECT_REF have to belong to one project, and to that environment.',
    });
  }
};
