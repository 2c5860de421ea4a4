import type { RunEvent } from '../../shared/run/events.ts';
import { headline, type Mark, type Moment } from '../../shared/run/story/moment.ts';
import { clock, plural } from '../../shared/text/figures.ts';
import type { Paint } from './paint.ts';
import { fit } from './text.ts';

export interface TimelineOptions {
  /** When the run was delegated: times are counted from there. */
  readonly createdAt: string;
  readonly paint: Paint;
  /** Lines of what the model says that are shown, per turn. */
  readonly messageLines: number;
}

/** Columns of a call's or a command's line: enough for a command, and not a whole script. */
const callColumns = 100;

/** What the story says of an event as lines for a terminal; none where that is nothing, or said elsewhere. */
export const timelineLines = (
  { at }: RunEvent,
  told: readonly Moment[],
  options: TimelineOptions,
): readonly string[] => {
  const lines = told.filter(isLine).flatMap((moment) => momentLines(moment, options));
  const time = clock(Date.parse(at) - Date.parse(options.createdAt)).padStart(8);
  return lines.map((line, index) =>
    `${options.paint.dim(index === 0 ? time : ' '.repeat(time.length))}  ${line}`.trimEnd(),
  );
};

const isLine = ({ about, mark }: Moment): boolean => {
  // It stands above the timeline.
  if (about.kind === 'delegation') return false;
  if (about.kind !== 'call') return true;
  // What a plan or a report says has a moment of its own.
  const { tool, finished } = about.call;
  return mark !== 'busy' && !(finished?.outcome === 'ok' && (tool === 'plan' || tool === 'finish'));
};

const momentLines = (moment: Moment, { paint, messageLines }: TimelineOptions): readonly string[] => {
  const { about, said } = moment;
  if (about.kind === 'turn') {
    const lines = said.split('\n').filter((line) => line.trim() !== '');
    const left = lines.length - messageLines;
    return [
      paint.dim(`${moment.text}  ${moment.detail}`),
      ...lines.slice(0, messageLines),
      ...(left > 0 ? [paint.dim(`… ${plural(left, 'more line')}`)] : []),
    ];
  }
  const line = momentLine(moment, paint);
  if (about.kind !== 'decision' || about.decision.status !== 'pending') return [line];
  return [line, `  ${paint.dim(about.decision.request.id)}`];
};

/** `✓ bash npm test  exit 0 · 2.3 s` */
export const momentLine = (moment: Moment, paint: Paint): string => {
  const { mark, detail, about } = moment;
  const whole = headline(moment);
  const text = about.kind === 'call' || about.kind === 'command' ? fit(whole, callColumns) : whole;
  const paintText =
    mark === 'warning' || (about.kind === 'decision' && mark === 'busy') ? paint.yellow : (plain: string) => plain;
  const sign = about.kind === 'decision' && mark === 'busy' ? paint.yellow('? ') : signs[mark](paint);
  return `${sign}${paintText(text)}${detail === '' ? '' : `  ${paint.dim(detail)}`}`;
};

const signs: Record<Mark, (paint: Paint) => string> = {
  ok: ({ green }) => green('✓ '),
  bad: ({ red }) => red('✗ '),
  warning: ({ yellow }) => yellow('! '),
  busy: ({ dim }) => dim('· '),
  note: () => '',
  person: () => '',
  model: () => '',
};
