import type { Moment } from '../../../shared/run/story/moment.ts';

/** Whether a timeline tells it: that a run waits for a worker, and what its plan is, is shown elsewhere. */
export const isTold = ({ about }: Moment): boolean => about.kind !== 'queue' && about.kind !== 'plan';
