import type { Status } from '../../shared/run/state.ts';
import type { RunLine } from '../../shared/run/summary.ts';
import { cost, count, plural, span } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { table } from './table.ts';
import { cleanLine } from '../../shared/text/clean.ts';
import { fit } from './text.ts';

export interface RunsViewOptions {
  /** ms since the epoch */
  readonly now: number;
  /** Null: not a terminal, so nothing is cut. */
  readonly columns: number | null;
  readonly paint: Paint;
}

const colour: Record<Status, keyof Paint> = {
  queued: 'dim',
  ready: 'dim',
  working: 'cyan',
  waiting: 'yellow',
  reviewing: 'yellow',
  accepted: 'green',
  rejected: 'red',
  completed: 'green',
  failed: 'red',
  cancelled: 'dim',
};

/** In the colour of its status; red where a check of what it handed over failed. */
export const statusWord = (status: Status, paint: Paint, failing = false): string =>
  paint[failing ? 'red' : colour[status]](status);

/** Least columns for the title, however narrow the terminal. */
const titleColumns = 20;

/** The list of runs, newest first, one line each; and how to go on. */
export const runsView = (runs: readonly RunLine[], options: RunsViewOptions): string => {
  const { now, columns, paint } = options;
  const [head = '', ...lines] = table(
    [
      ['#', 'STATUS', 'AGE', 'TURNS', 'TOKENS', 'COST', 'FILES', 'TITLE'],
      ...runs.map((run) => [
        String(run.number),
        statusWord(run.status, paint, failedChecks(run)),
        span(now - Date.parse(run.createdAt)),
        String(run.turns),
        count(run.tokens),
        cost(run.usd, run.costKnown),
        run.files === null ? '' : `${run.files} +${run.additions ?? 0} -${run.deletions ?? 0}`,
        titled(run, columns),
      ]),
    ],
    [0, 2, 3, 4, 5],
  );
  return [paint.dim(head), ...lines, ...hints(runs)].join('\n');
};

/** The other columns take about 60. */
const titled = (run: RunLine, columns: number | null): string => {
  // In front, where a narrow terminal has it, too.
  const text = cleanLine(`${run.archived ? '(archived) ' : ''}${run.title}${open(run) ? ` (${run.detail})` : ''}`);
  return columns === null ? text : fit(text, Math.max(titleColumns, columns - 62));
};

const open = (run: RunLine): boolean =>
  ['queued', 'waiting', 'failed', 'working'].includes(run.status) ||
  failedChecks(run) ||
  run.pullRequest !== null ||
  run.publishAsked !== null;

const failedChecks = ({ status, verified }: RunLine): boolean =>
  ['reviewing', 'accepted', 'completed'].includes(status) && verified.passed < verified.ran;

const hints = (runs: readonly RunLine[]): readonly string[] => {
  const waiting = runs.filter((run) => run.decisions > 0).length;
  // What is asked to be published is a decision, and is one thing to do.
  const reviewing = runs.filter((run) => run.status === 'reviewing' && run.publishAsked === null);
  const [first] = reviewing;
  return [
    ...(waiting > 0 || first !== undefined ? [''] : []),
    ...(waiting > 0 ? [`${plural(waiting, 'run waits', 'runs wait')} for your decision: longhaul decisions`] : []),
    ...(first !== undefined
      ? [
          `${plural(reviewing.length, 'run is', 'runs are')} ready for review: longhaul ${first.files === 0 ? 'show' : 'diff'} ${first.number}`,
        ]
      : []),
  ];
};

export const noRuns = `There are no runs yet. Delegate one from within a git repository:

  longhaul delegate "Fix the failing test in src/parser.ts" --verify "npm test" --watch
`;

export const noRunsFit = 'No run fits. Without a filter: longhaul runs';
