import type { GivenOutput } from '../../../shared/run/output.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { readBlob } from './blob.ts';
import type { ControlPlane } from './plane.ts';

/** What the agent gave as the result of the round at hand, with its texts; null: nothing, or it is a diff. Throws RefusedError where a text is gone. */
export const outputOf = async (plane: ControlPlane, run: RunState): Promise<GivenOutput | null> => {
  const { output } = run;
  if (output === null || output.kind === 'labels') return output;
  const text = (await readBlob(plane, { run, hash: output.text, what: `the ${output.kind}` })).toString('utf8');
  return { ...output, text };
};
