import type * as Core from '@trigger.dev/core/v3';
import type { Logger } from 'pino';
import type { RunnerConfig } from '../../../config/config.ts';
import type { Engine } from '../engine.ts';
import { triggerApi } from './api.ts';
import { triggerEngine, type Origin } from './trigger.ts';

/** What this engine cannot be had without, and how to get it. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly remedy: string;
  constructor(message: string, options: { readonly remedy: string; readonly cause?: unknown }) {
    super(message, { cause: options.cause });
    this.remedy = options.remedy;
  }
}

export interface OpenTriggerOptions {
  readonly settings: Extract<RunnerConfig['engine'], { kind: 'trigger' }>;
  readonly workers: number;
  /** TRIGGER_SECRET_KEY and TRIGGER_API_URL are read from here, and from nowhere else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What workers are told to call; null: this machine's loopback. */
  readonly publicUrl: string | null;
  readonly log: Logger;
  readonly originOf: (run: string) => Promise<Origin | null>;
}

const cloud = 'https://api.trigger.dev';

/** Throws EngineError where it cannot work: no key, no package, or workers that could not call back. */
export const openTriggerEngine = async (options: OpenTriggerOptions): Promise<Engine> => {
  const { settings, workers, env, publicUrl, log, originOf } = options;
  const { secretKey, apiUrl } = readAccess(env);
  if (publicUrl === null && !isLoopback(apiUrl))
    throw new EngineError(
      `Tasks on ${new URL(apiUrl).host} cannot reach a runner that listens on this machine's loopback.`,
      { remedy: 'Put it behind a URL that they reach, and name it with --public-url or LONGHAUL_PUBLIC_URL.' },
    );
  const { ApiClient, parsePacket } = await loadCore();
  const stop = new AbortController();
  // The SDK's own retries are off: ours are in the log.
  const client = new ApiClient(apiUrl, secretKey, undefined, { retry: { maxAttempts: 1 } });
  const api = triggerApi({ client, parsePacket, log, signal: stop.signal });
  return triggerEngine({ api, settings, workers, log, originOf, stop: () => stop.abort() });
};

/** How Trigger.dev is reached. Throws EngineError. */
export const readAccess = (
  env: Readonly<Record<string, string | undefined>>,
): { readonly secretKey: string; readonly apiUrl: string } => {
  const secretKey = env['TRIGGER_SECRET_KEY'] ?? '';
  const apiUrl = (env['TRIGGER_API_URL'] ?? '').replace(/\/+$/, '') || cloud;
  if (secretKey === '')
    throw new EngineError('TRIGGER_SECRET_KEY is not set, and the Trigger.dev engine cannot do without.', {
      remedy: 'Take it from the project’s page of API keys, for the environment that the task is deployed to.',
    });
  if (!URL.canParse(apiUrl))
    throw new EngineError(`TRIGGER_API_URL is no URL: ${apiUrl}`, { remedy: `Leave it out for ${cloud}.` });
  return { secretKey, apiUrl };
};

const isLoopback = (url: string): boolean => ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);

/** Trigger.dev's own package, which the editor does not bring along. Throws EngineError where it is not installed. */
export const loadCore = async (): Promise<typeof Core> => {
  try {
    return await import('@trigger.dev/core/v3');
  } catch (cause) {
    throw new EngineError('The Trigger.dev engine needs the package @trigger.dev/core, which is not installed here.', {
      remedy: 'Use the runner of Longhaul’s npm package or image; the one in the editor’s extension does without.',
      cause,
    });
  }
};
