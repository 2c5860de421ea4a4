import { refuse } from './refusal.ts';
import type { RunState } from './state.ts';

/** Of what can be done to a run that is over alone. A result that waits for a verdict is not ended by cancelling it. */
export const notOver = ({ number, status }: Pick<RunState, 'number' | 'status'>) =>
  refuse(
    'conflict',
    `Run ${number} is not over: it is ${status}.`,
    status === 'reviewing'
      ? `Give its result a verdict first: longhaul accept ${number}, or longhaul discard ${number}`
      : `Wait for its end, or end it: longhaul cancel ${number}`,
  );
