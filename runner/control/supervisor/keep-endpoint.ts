import type { Status } from '../../../shared/run/state.ts';
import type { RunnerConfig } from '../../machine/config/config.ts';
import type { Home } from '../../machine/home/home.ts';
import { endpointOf, readEndpoint, refusedMove } from '../../machine/config/model-endpoint.ts';
import type { Store } from '../store/store.ts';

const notOver = ['queued', 'working', 'waiting', 'reviewing'] as const satisfies readonly Status[];

/** Throws Trouble where runs that are not over would go on with another model endpoint than the last runner here had. */
export const keepEndpoint = async (
  home: Home,
  model: RunnerConfig['model'],
  store: Pick<Store, 'counts'>,
): Promise<void> => {
  const from = await readEndpoint(home);
  if (from === null) return;
  const counts = await store.counts(null);
  const open = notOver.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  const refusal = refusedMove({ from, to: endpointOf(model), open });
  if (refusal !== null) throw refusal;
};
