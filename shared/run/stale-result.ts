import { refuse } from './refusal.ts';
import type { RunState } from './state.ts';

/** What is decided about has to be what was shown. */
export const anotherResult = (state: RunState, { round }: { readonly round: number }) =>
  refuse(
    'stale',
    round === state.round
      ? `Round ${round} of run ${state.number} has another result by now than the one that you were shown. Nothing was decided.`
      : `Run ${state.number} is in round ${state.round}, and you decided about round ${round}. Nothing was decided.`,
    `Look at what it is now, longhaul diff ${state.number}, and decide about that: --round ${state.round}`,
  );
