import { setTimeout as pause } from 'node:timers/promises';
import { findEndpoint, homeFolder } from '../../../runner/local/find-runner.ts';
import { readSettings } from '../connection/settings.ts';
import type { Longhaul } from '../longhaul.ts';
import { ConnectionError } from '../problem/connection-error.ts';

/** ms that a runner has to write down what it is writing, and between looks whether it has gone. */
const stopMs = 10_000;
const lookMs = 50;

/** Looks for the runner anew. What is in the way is the connection's to tell, and is told once. */
export const reconnect = async ({ connection }: Longhaul): Promise<void> => {
  try {
    await connection.reconnect();
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
  }
};

export const homeOf = (): string => homeFolder(process.env, readSettings().home || undefined);

/** Stops the runner of this machine, if it runs, and starts it with the settings and the key of now. Runs go on. */
export const restartRunner = async (longhaul: Longhaul): Promise<void> => {
  const { url } = readSettings();
  if (url === '') {
    const home = homeOf();
    const endpoint = await findEndpoint(home);
    if (endpoint !== null) {
      const { clientOf } = await import('../../../shared/client/client.ts');
      await clientOf(endpoint).runner.shutdown.mutate();
      const end = Date.now() + stopMs;
      while ((await findEndpoint(home)) !== null && Date.now() < end) await pause(lookMs);
    }
  }
  await reconnect(longhaul);
};
