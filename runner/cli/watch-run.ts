import type { RunEvent } from '../../shared/run/events.ts';
import { reduce } from '../../shared/run/reduce.ts';
import type { RunState } from '../../shared/run/state.ts';
import { decisionSummaries, lineOf } from '../../shared/run/summary.ts';
import type { Api } from './connection/client.ts';
import type { CommandContext } from './context.ts';
import { decisionView } from './decision-view.ts';
import { exit, type ExitCode } from './exit.ts';
import type { Moment } from '../../shared/run/story/moment.ts';
import { createStory, type Story } from '../../shared/run/story/story.ts';
import { liveLine } from './live-line.ts';
import { readEvents } from './read-events.ts';
import { reconnecting } from './reconnect.ts';
import { nextSteps } from './show-view.ts';
import { statusLine } from './status-line.ts';
import { actor, cleanLine } from '../../shared/text/clean.ts';
import { timelineLines } from './timeline.ts';
import { watchEnd, type WatchEnd } from './watch-end.ts';

export interface WatchOptions {
  readonly run: RunState;
  /** Print only what comes after this event of the run. */
  readonly after: number;
  /** End with 3 when it waits for a decision, and not only when it is ready for review. */
  readonly untilDecision: boolean;
  /** Lines of what the model says that are shown, per turn. */
  readonly messageLines: number;
}

/** What has been seen of the run so far. */
interface Seen {
  state: RunState;
  readonly story: Story;
  position: number;
}

/** Follows a run from its first event, through breaks of the connection, until there is nothing more to wait for here. */
export const watchRun = async (context: CommandContext, api: Api, options: WatchOptions): Promise<ExitCode> => {
  const { run, untilDecision } = options;
  const signal = context.interrupted();
  const seen: Seen = { state: run, story: createStory(), position: 0 };
  if (options.after === 0) context.print(context.paint.bold(`#${run.number} ${cleanLine(run.task.title)}`));

  let state: RunState | undefined;
  for await (const event of readEvents(api, run.id)) {
    state = reduce(state, event);
    seen.state = state ?? run;
    tell(context, event, { seen, told: see(seen, event), options, print: context.print });
  }

  let end = watchEnd(seen.state, { untilDecision });
  if (end.kind === 'follow') end = await followOn(context, api, { seen, options, signal });
  if (signal.aborted && end.kind === 'follow') {
    context.note(
      `Run ${run.number} goes on without you. Follow it again: longhaul watch ${run.number}; stop it: longhaul cancel ${run.number}`,
    );
    return exit.interrupted;
  }
  return conclude(context, seen.state, end);
};

type Print = (text: string) => void;

const see = (seen: Seen, event: RunEvent): readonly Moment[] => {
  seen.position = event.position;
  return seen.story.add(event);
};

const tell = (
  context: CommandContext,
  event: RunEvent,
  { seen, told, options, print }: { seen: Seen; told: readonly Moment[]; options: WatchOptions; print: Print },
): void => {
  if (event.seq <= options.after) return;
  context.printJson({ type: 'event', event });
  if (context.json) return;
  const { createdAt } = seen.state;
  const { paint } = context;
  for (const line of timelineLines(event, told, { createdAt, paint, messageLines: options.messageLines })) print(line);
};

const followOn = async (
  context: CommandContext,
  api: Api,
  { seen, options, signal }: { seen: Seen; options: WatchOptions; signal: AbortSignal },
): Promise<WatchEnd> => {
  const { follow } = await import('./connection/feed.ts');
  const { untilDecision } = options;
  let connected = true;
  let asked: string | null = null;
  let paused = false;
  using line = context.json
    ? { print: () => undefined, [Symbol.dispose]: () => undefined }
    : liveLine(context.terminal, (frame) =>
        statusLine(seen.state, { now: Date.now(), frame, columns: context.terminal.columns(), connected }),
      );
  const ask = () => {
    asked = askedNow(seen.state, asked, (id) => line.print(questionText(context, seen.state, id)));
    const pausedNow = pausedText(seen.state);
    if (pausedNow !== null && !paused) line.print(pausedNow);
    paused = pausedNow !== null;
  };
  ask();
  const connect = reconnecting(context, api, signal);
  const events = follow({
    run: seen.state.id,
    after: seen.position,
    signal,
    connect: async () => {
      const found = await connect();
      connected = true;
      return found;
    },
    onBreak: () => {
      connected = false;
    },
  });
  for await (const event of events) {
    seen.state = reduce(seen.state, event) ?? seen.state;
    tell(context, event, { seen, told: see(seen, event), options, print: line.print });
    const end = watchEnd(seen.state, { untilDecision });
    if (end.kind === 'end') return end;
    ask();
  }
  return { kind: 'follow' };
};

/** Shows the decision that the run waits for, once. Gives the one that has been shown. */
const askedNow = (state: RunState, shown: string | null, show: (id: string) => void): string | null => {
  if (state.status !== 'waiting' || state.until.kind !== 'decision') return null;
  const { decision } = state.until;
  if (decision !== shown) show(decision);
  return decision;
};

/** What a run that stands still waits for; null: it does not. */
const pausedText = (state: RunState): string | null =>
  state.status === 'waiting' && state.until.kind === 'resume'
    ? `\nRun ${state.number} is paused, by ${actor(state.until.by)}: nothing happens until somebody has it go on, such as in another terminal: longhaul resume ${state.number}\n`
    : null;

const questionText = (context: CommandContext, state: RunState, id: string): string =>
  decisionSummaries(state)
    .filter(({ request }) => request.id === id)
    .map((open) => `\n${decisionView(open, { now: Date.now(), paint: context.paint })}\n`)
    .join('\n');

const conclude = (context: CommandContext, state: RunState, end: WatchEnd): ExitCode => {
  const exitCode = end.kind === 'end' ? end.exitCode : exit.done;
  context.printJson({
    type: 'end',
    exitCode,
    why: end.kind === 'end' ? end.why : 'over',
    run: lineOf(state),
    decisions: decisionSummaries(state),
  });
  if (end.kind === 'end' && end.why === 'decision' && state.status === 'waiting' && state.until.kind === 'decision')
    context.print(questionText(context, state, state.until.decision));
  else {
    const summary = lineOf(state);
    context.print(`\nRun ${state.number} is ${state.status}: ${cleanLine(summary.detail)}`);
    for (const step of nextSteps(state)) context.print(`  ${step}`);
  }
  return exitCode;
};

/** For the help of the commands that watch. */
export const watchExits = [
  [0, 'the run is over: accepted, or completed without changes and without a failed check'],
  [1, 'the run failed, was cancelled or rejected, or changed nothing while checks failed; or the watch itself failed'],
  [3, 'it waits for a person: a review, a decision or the end of a pause (see above)'],
  [130, 'interrupted; the run goes on'],
] as const;
export const watchJson = `A line each: {"type": "event", "event": …} as it is in the log, and at last
{"type": "end", "exitCode", "why": "over" | "review" | "decision" | "paused", "run", "decisions"}, with the run as in
"longhaul runs --json" and what is open as in "longhaul decisions --json".`;
