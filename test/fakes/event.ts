import type { RunEvent } from '../../shared/run/events.ts';

/** An event of one run, of which only the position matters. */
export const eventAt = (position: number): RunEvent => ({
  run: 'run_k3v9x2',
  seq: position,
  position,
  at: '2026-03-04T12:00:00.000Z',
  activation: null,
  body: { type: 'timer.fired', v: 1 },
});
