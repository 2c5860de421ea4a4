import type { WorkerEvent } from '../../../../shared/run/events.ts';
import { guidanceOf, guidancePaths, largestGuidance } from '../../agent/guidance.ts';
import type { StepContext } from '../ports/ports.ts';

/** Makes the tree, and puts on record what the repository says to agents there: from its base, before an agent could change it. */
export const prepare = async ({ state, ports }: StepContext): Promise<readonly WorkerEvent[]> => {
  const { workspace, model } = ports;
  const { source } = state.task;
  const base = await workspace.prepare(source);
  const read = await workspace.readFiles(base, guidancePaths(source.folder), largestGuidance);
  const files = guidanceOf(read, model.contextWindow);
  return [
    ...(files.length === 0 ? [] : [{ type: 'guidance.read', v: 1, files } as const]),
    { type: 'prepare.finished', v: 1, base },
  ];
};
