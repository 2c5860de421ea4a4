import type * as Core from '@trigger.dev/core/v3';
import type { Logger } from 'pino';
import { Trouble } from '../../../shared/trouble.ts';
import type { Engine } from '../../control/engine/engine.ts';
import { checkReach, readAccess } from './access.ts';
import { triggerApi } from './api.ts';
import type { Origin, TriggerSettings } from './task-options.ts';
import { triggerEngine } from './trigger.ts';

export interface OpenTriggerOptions {
  readonly settings: TriggerSettings;
  readonly workers: number;
  /** TRIGGER_SECRET_KEY and TRIGGER_API_URL are read from here, and from nowhere else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What workers are told to call; null: this machine's loopback. */
  readonly publicUrl: string | null;
  readonly log: Logger;
  readonly originOf: (run: string) => Promise<Origin | null>;
}

/** Throws Trouble where it cannot work: no key, no package, or workers that could not call back. */
export const openTriggerEngine = async (options: OpenTriggerOptions): Promise<Engine> => {
  const { settings, workers, env, publicUrl, log, originOf } = options;
  const { secretKey, apiUrl } = readAccess(env);
  checkReach(apiUrl, publicUrl);
  const { ApiClient, parsePacket } = await loadCore();
  const stop = new AbortController();
  // The SDK's own retries are off: ours are in the log.
  const client = new ApiClient(apiUrl, secretKey, undefined, { retry: { maxAttempts: 1 } });
  const api = triggerApi({ client, parsePacket, log, signal: stop.signal });
  return triggerEngine({ api, settings, workers, log, originOf, stop: () => stop.abort() });
};

/** Trigger.dev's own package, which the editor does not bring along. Throws Trouble where it is not installed. */
export const loadCore = async (): Promise<typeof Core> => {
  try {
    return await import('@trigger.dev/core/v3');
  } catch (cause) {
    throw new Trouble('The Trigger.dev engine needs the package @trigger.dev/core, which is not installed here.', {
      remedy: 'Use the runner of Longhaul’s npm package or image; the one in the editor’s extension does without.',
      cause,
    });
  }
};
