/** In the global state: true while there is a run that is not over, or whose end nobody has seen, so that a new window looks after it unasked. */
export const openRunsKey = 'longhaul.openRuns';
