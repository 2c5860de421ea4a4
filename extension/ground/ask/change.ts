import type { RunState } from '../../../shared/run/state.ts';
import type { Longhaul } from '../longhaul.ts';

type Runner = Pick<Longhaul, 'runs' | 'connection'>;

/** Asks the runner for something that a run's new state comes of; the lists show it ahead of the feed. Throws what the API throws. */
export const change = async (
  { runs, connection }: Runner,
  ask: (api: Awaited<ReturnType<Runner['connection']['api']>>) => Promise<RunState>,
): Promise<RunState> => {
  const state = await ask(await connection.api());
  runs.learn(state);
  return state;
};
