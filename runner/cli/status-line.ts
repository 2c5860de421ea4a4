import { runningCall, type RunState } from '../../shared/run/state.ts';
import { lineOf } from '../../shared/run/summary.ts';
import { callLine } from '../../shared/policy/call-line.ts';
import { clock, cost, count, duration } from '../../shared/text/figures.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { fit } from './text.ts';

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

export interface StatusLineOptions {
  /** ms since the epoch */
  readonly now: number;
  /** Counts up with every drawing. */
  readonly frame: number;
  readonly columns: number;
  readonly connected: boolean;
}

/** The line under a watched timeline: what it is at and for how long, time since delegation, tokens, cost. */
export const statusLine = (state: RunState, { now, frame, columns, connected }: StatusLineOptions): string => {
  const waits = state.status === 'waiting' || state.status === 'reviewing';
  const mark = !connected ? '!' : waits ? '?' : (frames[frame % frames.length] ?? '');
  const summary = lineOf(state);
  const since = now - Date.parse(state.updatedAt);
  const done = state.plan.filter((step) => step.status === 'done').length;
  const facts = [
    connected ? step(state) : 'the runner is gone; waiting for it',
    // Below two seconds it would only flicker.
    since >= 2_000 && !waits ? duration(Math.floor(since / 1000) * 1000) : '',
    state.plan.length === 0 ? '' : `plan ${done}/${state.plan.length}`,
    clock(now - Date.parse(state.createdAt)),
    `${count(summary.tokens)} tokens`,
    cost(summary.usd, summary.costKnown),
  ].filter(Boolean);
  // One column is left free: a full line makes some terminals wrap.
  return fit(`${mark} ${facts.join(' · ')}`, columns - 1);
};

const step = (state: RunState): string => {
  const running = state.status === 'working' ? runningCall(state) : undefined;
  if (running !== undefined && state.turn !== null)
    return fit(`turn ${state.turn.number}: ${callLine(running.tool, running.arguments)}`, 60);
  const { status, detail } = lineOf(state);
  return status === 'waiting' ? `waits for you: ${fit(cleanLine(detail), 60)}` : fit(cleanLine(detail), 60);
};
