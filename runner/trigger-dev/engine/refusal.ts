import { straightFetch } from '../../../shared/client/straight-fetch.ts';
import type { ApiClient } from '@trigger.dev/core/v3';
import { z } from 'zod';
import { EngineRefusal } from '../../control/engine/engine.ts';

export interface Refused {
  /** The client's: the status and what the server said. */
  readonly words: string;
  /** The one that was asked for; null: the current one. */
  readonly version: string | null;
  /** Asks what is wrong with the version; null: the server does not say, or nothing is. */
  readonly askWhy: () => Promise<string | null>;
}

/**
 * What a trigger was refused for, where that does not pass by itself. For a version that there is not, a server answers 500,
 * "Something went wrong", as for any trouble: then it is asked in another way.
 */
export const refusalOf = async (status: number | null, refused: Refused): Promise<EngineRefusal | null> => {
  const { words, version, askWhy } = refused;
  const why = version === null ? null : status === 500 ? ((await askWhy()) ?? words) : words;
  if (version !== null && why !== null && namesVersion.test(why))
    return new EngineRefusal(`Trigger.dev has no deployment ${version} of the task in this environment.`, {
      forGood: true,
      remedy:
        'Name one that is deployed with engine.version in config.yaml, or none, which means the current one; start the runner again; then: longhaul retry.',
    });
  switch (status) {
    case 401:
    case 403:
      return later(`Trigger.dev refuses the key: ${words}.`, {
        remedy:
          'Start the runner again with the TRIGGER_SECRET_KEY of the environment that the task is deployed to. What is queued goes on then.',
      });
    case 404:
      return later(`Trigger.dev does not know the task: ${words}.`, { remedy: deployIt });
    case 422:
      return later(`Trigger.dev does not take it: ${words}.`, {
        remedy: noWorkers.test(words) ? deployIt : 'It is asked for again; what has to be mended is at Trigger.dev.',
      });
    case 400:
    case 413:
      if (!ownWords.test(words)) return null;
      return new EngineRefusal(`Trigger.dev does not take the request: ${words}.`, {
        forGood: true,
        remedy: 'Look at engine in config.yaml, and start the runner again; then: longhaul retry.',
      });
    default:
      return null;
  }
};

const namesVersion = /worker not found|no worker found with that version|not found on locked version/i;
const noWorkers = /no worker group/i;
/** The server's, and not those of something between it and us. */
const ownWords = /validation error|invalid json|request body too large/i;
const deployIt = 'Deploy it with: longhaul deploy. What is queued goes on then.';

const later = (message: string, { remedy }: { readonly remedy: string }): EngineRefusal =>
  new EngineRefusal(message, { forGood: false, remedy });

const answerMs = 10_000;
const Refusal = z.object({ error: z.string() });

/**
 * Sends a trigger once more, as a task sends it: with the version of the engine in a header. Then a server looks for the
 * deployment first and says that there is none, which it is too early for otherwise. Its idempotency key makes it safe.
 */
export const askAsTask = async (
  { baseUrl, accessToken }: Pick<ApiClient, 'baseUrl' | 'accessToken'>,
  { task, body }: { readonly task: string; readonly body: object },
): Promise<string | null> => {
  try {
    const answer = await straightFetch(`${baseUrl}/api/v1/tasks/${encodeURIComponent(task)}/trigger`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${accessToken}`,
        'content-type': 'application/json',
        'x-trigger-engine-version': 'V2',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerMs),
    });
    return answer.ok ? null : (Refusal.safeParse(await answer.json()).data?.error ?? null);
  } catch {
    return null;
  }
};
