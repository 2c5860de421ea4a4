import { checksOf } from '../../../shared/run/state.ts';
import type { Runs } from '../../ground/runs/runs.ts';
import type { Around } from './row.ts';

/** How runs are by what the window knows: newer than what was read with a trigger. */
export const knownIn =
  (runs: Pick<Runs, 'get'>): Around['knownOf'] =>
  (id) => {
    const run = runs.get(id);
    return run === undefined ? undefined : { status: run.status, failedChecks: checksOf(run).failed };
  };
