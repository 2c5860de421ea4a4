import { effectsOfRound } from '../../../shared/run/effect.ts';
import { archivedBy, pausedBy } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

/** Whether what its agent gave is to be said somewhere, as a comment and the like, and has not been. */
export const canBeSaid = (run: Pick<RunSummary, 'output' | 'round' | 'effects'>): boolean =>
  run.output !== null && run.output.kind !== 'report' && !effectsOfRound(run).some(({ status }) => status === 'done');

/** What menus of a run's row go by: `run.reviewing`; of a result that is no change of files with `.said` behind it while it can be said, and else `.read`. */
export const rowContext = (run: RunSummary): string => {
  if (archivedBy(run) !== null) return 'run.archived';
  if (pausedBy(run) !== null) return 'run.paused';
  if (run.output === null || !['reviewing', 'accepted', 'rejected'].includes(run.status)) return `run.${run.status}`;
  return `run.${run.status}.${canBeSaid(run) ? 'said' : 'read'}`;
};
