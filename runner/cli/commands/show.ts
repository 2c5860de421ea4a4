import type { CommandContext } from '../context.ts';
import { lineOf } from '../../../shared/run/summary.ts';
import type { RunEvent } from '../../../shared/run/events.ts';
import type { Review } from '../../../shared/api/review.ts';
import type { RunState } from '../../../shared/run/state.ts';
import type { Api } from '../connection/client.ts';
import { exit } from '../exit.ts';
import { explain, runArgument } from '../help.ts';
import { createStory, type Story } from '../../../shared/run/story/story.ts';
import { historyOf } from '../history.ts';
import type { Define } from '../define.ts';
import { readEvents } from '../read-events.ts';
import { stateOf } from '../resolve.ts';
import { showView } from '../show-view.ts';

export const define: Define = (command, act) => {
  command
    .argument('[run]', runArgument, 'latest')
    .option('--calls', 'print what every call and command gave back')
    .option('--events', 'with --json: the events, too')
    .action(
      act(async (context, run, options) => {
        const { api, state } = await stateOf(context, run);
        const events: RunEvent[] = [];
        const story = createStory();
        for await (const event of readEvents(api, state.id)) {
          events.push(event);
          story.add(event);
        }
        const calls = options.calls === true;
        const marked = await markedIn(api, state);
        const printed = state.status === 'working' ? await printedIn(api, state) : null;
        context.print(showView(state, story, { now: Date.now(), paint: context.paint, calls, printed, ...marked }));
        printDetail(context, {
          state,
          story,
          ...marked,
          printed,
          events: options.events === true ? events : null,
          calls,
        });
        return exit.done;
      }),
    );
  explain(command, {
    about: `The goal, the plan, every call with its exit code and duration, decisions with who and when, the report with
the calls that show each claim, what verification printed, what a running command has printed so far, cost, retries, and what to do next.`,
    examples: [
      ['longhaul show', 'the latest run'],
      ['longhaul show 12 --calls', 'run 12 with all outputs'],
      ['longhaul show 12 --json | jq .state.report', 'what the agent says it did'],
    ],
    json: `{"run": …, "state": …, "calls": […], "commands": […], "decisions": […], "retries": […], "messages": […],
"reviews": […], "applications": […], "cautions": […], "coverage": […], "output": …, "printed": …}
"run" as in "longhaul runs --json"; "state" is everything that the events fold into (task, plan, spent, report, result).
A call has number, id, turn, tool, arguments, verdict, decision, attempts and finished {outcome, output, exitCode,
durationMs}; a command has phase (setup, verification), round, command, exitCode, durationMs, output. Outputs are null
without --calls. "output" is the result where it is no diff ({kind, text, labels, title, tag}), else null; "printed" is what
the command that runs has printed so far, or null. With --events: "events", as they are in the log.`,
  });
};

type Marked = Required<Pick<Review, 'cautions' | 'coverage' | 'output'>>;

/** Of what it changed in its last round, or has changed by now; none where that is gone. */
const markedIn = async (api: Api, { id, result, soFar }: RunState): Promise<Marked> => {
  const unknown = { cautions: [], coverage: [], output: null };
  if (result === null && soFar === null) return unknown;
  const review = await api.call.runs.diff.query({ run: id, soFar: result === null }).catch(() => unknown);
  const { cautions, coverage, output } = { ...unknown, ...review };
  return { cautions, coverage, output };
};

/** For whoever looks on: what there is to show otherwise does not fail for want of it. */
const printedIn = (api: Api, { id }: RunState): Promise<string | null> =>
  api.call.runs.printed.query({ run: id }).catch(() => null);

interface Detail extends Marked {
  readonly state: RunState;
  readonly story: Story;
  readonly printed: string | null;
  readonly events: RunEvent[] | null;
  readonly calls: boolean;
}

const printDetail = (
  context: CommandContext,
  { state, story, cautions, coverage, output, printed, events, calls }: Detail,
): void => {
  const history = historyOf(story);
  const silent = <Item extends { output: string }>(item: Item) => (calls ? item : { ...item, output: null });
  context.printJson({
    run: lineOf(state),
    state,
    ...history,
    cautions,
    coverage,
    output,
    printed,
    calls: history.calls.map((call) => ({ ...call, finished: call.finished && silent(call.finished) })),
    commands: history.commands.map(silent),
    ...(events === null ? {} : { events }),
  });
};
