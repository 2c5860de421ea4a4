import { setTimeout as delay } from 'node:timers/promises';
import { Trouble } from '../../shared/trouble.ts';
import type { Api } from './connection/client.ts';
import type { CommandContext } from './context.ts';

/** ms between attempts to reach a runner on another machine. */
const remoteMs = 1_000;
/** ms that a script waits for a runner that was stopped on purpose. At a terminal a person ends the wait. */
const stoppedMs = 30_000;

/**
 * How a watch comes by its runner after a break: a local one that died is started again, one that was stopped on
 * purpose is waited for, one elsewhere is tried until it answers. The first call gives `api`, which is known to work.
 */
export const reconnecting = (context: CommandContext, api: Api, signal: AbortSignal): (() => Promise<Api | null>) => {
  let first = true;
  return async () => {
    if (first) {
      first = false;
      return api;
    }
    while (!signal.aborted) {
      const found = context.remote === null ? await localRunner(context, signal) : await context.runner();
      if (found === null || (await answers(found))) return found;
      await delay(remoteMs, undefined, { signal }).catch(() => undefined);
    }
    return null;
  };
};

/** True: it answers. False: nobody does now. Throws when it answers that it will not have us. */
const answers = async (api: Api): Promise<boolean> => {
  const { problemOf } = await import('./connection/problem.ts');
  try {
    await api.call.runner.info.query();
    return true;
  } catch (error) {
    if (problemOf(error)?.code === 'unreachable') return false;
    throw error;
  }
};

const localRunner = async (context: CommandContext, signal: AbortSignal): Promise<Api | null> => {
  const [{ findRunner }, { untilRunner }, { connect }] = await Promise.all([
    import('../local/find-runner.ts'),
    import('../local/start-runner.ts'),
    import('./connection/client.ts'),
  ]);
  const found = await findRunner(context.home);
  // It took its file away, so somebody stopped it: starting it again behind their back would be wrong.
  if (found.outcome !== 'none') return context.runner();
  context.note('The runner was stopped. Waiting until it is started again: longhaul serve');
  const patience = context.terminal.interactive ? signal : AbortSignal.any([signal, AbortSignal.timeout(stoppedMs)]);
  const back = await untilRunner(context.home, patience);
  if (back !== null) return connect({ url: back.file.url, token: back.token });
  if (signal.aborted) return null;
  throw new Trouble('The runner was stopped, and nobody started it again.', {
    remedy: 'The run goes on when it is: longhaul serve, or any other command.',
    code: 'unreachable',
  });
};
