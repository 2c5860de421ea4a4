import type { Logger } from 'pino';
import { ownersTenant } from '../server/authentication.ts';
import type { Store } from '../store/store.ts';

/** However often somebody tries, there is a record no sooner than so long after the last one, ms. */
const everyMs = 60_000;

/** Told of each token that was refused, with where it came from; puts on record that some were. */
export const refusedAccess = ({
  store,
  log,
  now,
}: {
  readonly store: Pick<Store, 'audit'>;
  readonly log: Logger;
  readonly now: () => number;
}): ((from: string) => void) => {
  let last = -Infinity;
  let more = 0;
  return (from) => {
    if (now() - last < everyMs) {
      more += 1;
      return;
    }
    last = now();
    const detail = { from, more };
    more = 0;
    store
      .audit(ownersTenant, { actor: 'nobody', action: 'access.refused', run: null, detail })
      .catch((error: unknown) => log.error({ err: error }, 'a refused token could not be put on record'));
  };
};
