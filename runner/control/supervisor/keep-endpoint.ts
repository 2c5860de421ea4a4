import type { RunnerConfig } from '../../machine/config/config.ts';
import type { Home } from '../../machine/home/home.ts';
import { endpointOf, readEndpoint, refusedMove } from '../../machine/config/model-endpoint.ts';
import type { Store } from '../store/store.ts';

/** Throws Trouble where runs that are not over would go on with another model endpoint than the last runner here had. */
export const keepEndpoint = async (
  home: Home,
  model: RunnerConfig['model'],
  store: Pick<Store, 'counts'>,
): Promise<void> => {
  const from = await readEndpoint(home);
  if (from === null) return;
  const { queued, working, waiting, reviewing } = await store.counts(null);
  const open = queued + working + waiting + reviewing;
  const refusal = refusedMove({ from, to: endpointOf(model), open });
  if (refusal !== null) throw refusal;
};
