import { Trouble } from '../../../shared/trouble.ts';
export const cloud = 'https://api.trigger.dev';

/** How Trigger.dev is reached. Throws Trouble. */
export const readAccess = (
  env: Readonly<Record<string, string | undefined>>,
): { readonly secretKey: string; readonly apiUrl: string } => {
  const secretKey = env['TRIGGER_SECRET_KEY'] ?? '';
  const apiUrl = (env['TRIGGER_API_URL'] ?? '').replace(/\/+$/, '') || cloud;
  if (secretKey === '')
    throw new Trouble('TRIGGER_SECRET_KEY is not set, and the Trigger.dev engine cannot do without.', {
      remedy: 'Take it from the project’s page of API keys, for the environment that the task is deployed to.',
    });
  if (!URL.canParse(apiUrl))
    throw new Trouble(`TRIGGER_API_URL is no URL: ${apiUrl}`, { remedy: `Leave it out for ${cloud}.` });
  return { secretKey, apiUrl };
};

/** Whether workers could call back to a runner with that public URL. Throws Trouble. */
export const checkReach = (apiUrl: string, publicUrl: string | null): void => {
  if (publicUrl === null && !isLoopback(apiUrl))
    throw new Trouble(
      `Tasks on ${new URL(apiUrl).host} cannot reach a runner that listens on this machine's loopback.`,
      { remedy: 'Put it behind a URL that they reach, and name it with --public-url or LONGHAUL_PUBLIC_URL.' },
    );
};

const isLoopback = (url: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
