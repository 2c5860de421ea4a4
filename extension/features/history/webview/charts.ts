import { t } from '@vscode/l10n';
import { cost, span } from '../../../../shared/text/figures.ts';
import type { Statistics, Week } from '../../../../shared/run/statistics.ts';
import { element, svg } from '../../../ground/page/webview/element.ts';
import { dayOf, percent } from './words.ts';

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly kind: 'good' | 'bad' | 'neutral';
}

const rowHeight = 22;
const labelWidth = 110;
const barWidth = 150;

/** Horizontal bars from 0, each with its number beside it: no colour carries anything alone. */
const barChart = (title: string, bars: readonly Bar[]): HTMLElement => {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const said = bars.map(({ label, value }) => `${label}: ${value}`).join(', ');
  const rows = bars.flatMap(({ label, value, kind }, index) => {
    const y = index * rowHeight;
    const width = (barWidth * value) / most;
    const middle = String(y + rowHeight / 2);
    return [
      svg('text', { x: '0', y: middle, class: 'label' }, label),
      svg('rect', {
        x: String(labelWidth),
        y: String(y + 4),
        width: String(Math.max(width, value === 0 ? 0 : 2)),
        height: String(rowHeight - 8),
        class: `bar ${kind}`,
      }),
      svg('text', { x: String(labelWidth + width + 6), y: middle, class: 'value' }, String(value)),
    ];
  });
  const size = `0 0 ${labelWidth + barWidth + 50} ${bars.length * rowHeight}`;
  return element(
    'figure',
    { class: 'chart' },
    element('figcaption', {}, title),
    svg('svg', { viewBox: size, role: 'img', 'aria-label': `${title}. ${said}.` }, ...rows),
  );
};

const columnWidth = 40;
const columnHeight = 100;

/** A column for each week, as high as runs were over in it; filled are those that succeeded. The figures stand above it. */
const trendChart = (weeks: readonly Week[]): HTMLElement => {
  const most = Math.max(1, ...weeks.map(({ succeeded }) => succeeded.of));
  const said = weeks.map(({ from, succeeded }) =>
    t('from {0}: {1} of {2}', dayOf(from), succeeded.count, succeeded.of),
  );
  const columns = weeks.flatMap(({ from, succeeded: { count, of } }, index) => {
    const box = (value: number, kind: string) => {
      const height = (columnHeight * value) / most;
      const at = { x: String(index * columnWidth + 4), y: String(20 + columnHeight - height) };
      return svg('rect', { ...at, width: String(columnWidth - 8), height: String(height), class: `bar ${kind}` });
    };
    const middle = String(index * columnWidth + columnWidth / 2);
    return [
      ...(of === 0 ? [] : [box(of, 'bad'), box(count, 'good')]),
      svg(
        'text',
        { x: middle, y: String(12 + columnHeight - (columnHeight * of) / most), class: 'middle' },
        of === 0 ? '–' : `${count}/${of}`,
      ),
      svg('text', { x: middle, y: String(columnHeight + 34), class: 'middle' }, dayOf(from)),
    ];
  });
  return element(
    'figure',
    { class: 'chart' },
    element('figcaption', {}, t('Succeeded, of those over by week')),
    svg(
      'svg',
      {
        viewBox: `0 0 ${weeks.length * columnWidth} ${columnHeight + 44}`,
        role: 'img',
        'aria-label': t('Succeeded, of those over by week. {0}.', said.join(', ')),
      },
      ...columns,
    ),
  );
};

/** The figures of the runs in sight. Each says what it is a share of, and what is not in it. */
export const figures = (statistics: Statistics): HTMLElement => {
  const { succeeded, failedChecks, takeovers, costPerAccepted, review, open, withdrawn, outcomes } = statistics;
  const left = [
    ...(open > 0 ? [t('{0} not over yet', open)] : []),
    ...(withdrawn === 1 ? [t('1 cancelled before it began')] : []),
    ...(withdrawn > 1 ? [t('{0} cancelled before they began', withdrawn)] : []),
  ];
  const outside = left.length === 0 ? '' : t('; not counted: {0}', left.join(', '));
  const { usd } = costPerAccepted;
  const unknown =
    costPerAccepted.unknown === 0
      ? ''
      : costPerAccepted.unknown === 1
        ? t('; the cost of 1 run is not wholly known')
        : t('; the cost of {0} runs is not wholly known', costPerAccepted.unknown);
  const rows: readonly (readonly [name: string, value: string, explained: string])[] = [
    [
      t('Success'),
      percent(succeeded),
      (succeeded.of === 1
        ? t('{0} of 1 run that began and are over', succeeded.count)
        : t('{0} of {1} runs that began and are over', succeeded.count, succeeded.of)) + outside,
    ],
    [
      t('Failed checks'),
      percent(failedChecks),
      failedChecks.of === 1
        ? t('{0} of 1 result that Longhaul checked; accepted all the same, or no success', failedChecks.count)
        : t(
            '{0} of {1} results that Longhaul checked; accepted all the same, or no success',
            failedChecks.count,
            failedChecks.of,
          ),
    ],
    [
      t('Takeovers'),
      percent(takeovers),
      t('{0} of {1} rejected, or cancelled after they began', takeovers.count, takeovers.of),
    ],
    [
      t('Cost per accepted run'),
      usd === null ? '–' : cost(usd, costPerAccepted.unknown === 0),
      t(
        '{0} for all attempts, {1} accepted',
        cost(costPerAccepted.total, costPerAccepted.unknown === 0),
        outcomes.accepted,
      ) + unknown,
    ],
    [
      t('Time to review'),
      review.medianMs === null ? '–' : span(review.medianMs),
      review.measured === review.of
        ? t('median of {0} with a verdict', review.of)
        : t('median of {0} measured of {1} with a verdict', review.measured, review.of),
    ],
  ];
  return element(
    'dl',
    { class: 'figures' },
    ...rows.map(([name, value, explained]) =>
      element(
        'div',
        { class: 'figure' },
        element('dt', {}, name),
        element('dd', {}, element('strong', {}, value), element('span', {}, explained)),
      ),
    ),
  );
};

export const charts = ({ outcomes, failures, open }: Statistics, weeks: readonly Week[]): HTMLElement =>
  element(
    'div',
    { class: 'charts' },
    barChart(t('Outcomes'), [
      { label: t('accepted'), value: outcomes.accepted, kind: 'good' },
      { label: t('no changes'), value: outcomes.completed, kind: 'good' },
      { label: t('checks failed'), value: outcomes.unmended, kind: 'bad' },
      { label: t('rejected'), value: outcomes.rejected, kind: 'bad' },
      { label: t('cancelled'), value: outcomes.cancelled, kind: 'neutral' },
      { label: t('failed'), value: outcomes.failed, kind: 'bad' },
      { label: t('open'), value: open, kind: 'neutral' },
    ]),
    barChart(
      t('Failures by class'),
      failureClasses.map((label) => ({ label, value: failures[label], kind: 'bad' })),
    ),
    trendChart(weeks),
  );

/** From what is the agent's to what is nobody's of them. */
const failureClasses = ['task', 'model', 'budget', 'policy', 'infrastructure'] as const;
