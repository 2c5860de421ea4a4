import { isTerminal, openDecisions, pausedBy } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';

/** The groups of the tree, in the order in which a person wants to see them. */
const groupNames = ['needs you', 'working', 'in review', 'queued', 'paused', 'done'] as const;
export type GroupName = (typeof groupNames)[number];

/** Where a run belongs: by whom it waits for, and else by what it does. */
export const groupOf = (state: RunSummary): GroupName => {
  if (isTerminal(state)) return 'done';
  if (openDecisions(state).length > 0) return 'needs you';
  switch (state.status) {
    case 'reviewing':
      return 'in review';
    case 'queued':
    case 'ready':
      return 'queued';
    case 'waiting':
      return pausedBy(state) === null ? 'working' : 'paused';
    default:
      return 'working';
  }
};

/** Every group that has runs, with its runs in the order given. */
export const grouped = (runs: readonly RunSummary[]): ReadonlyMap<GroupName, readonly RunSummary[]> => {
  const groups = new Map<GroupName, RunSummary[]>();
  for (const name of groupNames) {
    const members = runs.filter((state) => groupOf(state) === name);
    if (members.length > 0) groups.set(name, members);
  }
  return groups;
};
