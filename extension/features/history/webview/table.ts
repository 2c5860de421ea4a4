import { t } from '@vscode/l10n';
import { actor } from '../../../../shared/text/clean.ts';
import { changeSize, cost, span } from '../../../../shared/text/figures.ts';
import type { HistoryRow } from '../../../../shared/run/statistics.ts';
import type { Listing, SortKey } from '../listing.ts';
import { localTime } from '../../../ground/text/local-time.ts';
import { button, element } from '../../../ground/page/webview/element.ts';

/** What a person does in the table. */
export interface TableActions {
  readonly sort: (key: SortKey) => void;
  readonly open: (run: string) => void;
  readonly review: (run: string) => void;
}

const columns: readonly { readonly key: SortKey; readonly label: string; readonly numeric: boolean }[] = [
  { key: 'number', label: t('Run'), numeric: true },
  { key: 'title', label: t('Task'), numeric: false },
  { key: 'status', label: t('Outcome'), numeric: false },
  { key: 'createdAt', label: t('Delegated'), numeric: false },
  { key: 'activeMs', label: t('Worked'), numeric: true },
  { key: 'usd', label: t('Cost'), numeric: true },
  { key: 'reviewMs', label: t('Review'), numeric: true },
];

/** A table of thousands of rows is slow to draw and is read by nobody: the rest is a click away. */
export const rowsAtOnce = 200;

const header = ({ sort, descending }: Listing, actions: TableActions): HTMLElement =>
  element(
    'tr',
    {},
    ...columns.map(({ key, label, numeric }) => {
      const sorted = sort === key;
      const sorter = button({ class: 'sort', 'data-key': key }, () => actions.sort(key), label);
      if (sorted) sorter.append(element('span', { 'aria-hidden': 'true' }, descending ? ' ↓' : ' ↑'));
      const order = sorted ? (descending ? 'descending' : 'ascending') : 'none';
      return element('th', { scope: 'col', 'aria-sort': order, class: numeric ? 'numeric' : 'text' }, sorter);
    }),
  );

const outcome = ({ status, failure, reason }: HistoryRow): HTMLElement => {
  const cell = element('td', { class: `outcome ${status}` }, failure === null ? status : `${status}: ${failure}`);
  if (reason !== '') cell.append(element('div', { class: 'reason', title: reason }, reason));
  return cell;
};

const link = (label: string, said: string, act: () => void): HTMLElement =>
  button({ class: 'link', 'aria-label': said }, act, label);

const task = (row: HistoryRow, actions: TableActions): HTMLElement => {
  const changes =
    row.files === null
      ? []
      : [changeSize({ files: row.files, additions: row.additions ?? 0, deletions: row.deletions ?? 0 })];
  const facts = [
    row.repository,
    ...(row.recipe === null ? [] : [row.recipe]),
    ...(row.model === null ? [] : [row.model]),
    actor(row.requester),
    ...changes,
  ].join(' · ');
  const cell = element(
    'td',
    {},
    link(row.title, t('Open run {0}, {1}', row.number, row.title), () => actions.open(row.id)),
    element('div', { class: 'facts' }, facts),
  );
  if (row.files !== null) cell.append(link(t('Review'), t('Review run {0}', row.number), () => actions.review(row.id)));
  return cell;
};

const line = (row: HistoryRow, actions: TableActions): HTMLElement =>
  element(
    'tr',
    { 'data-run': row.id },
    element('td', { class: 'numeric' }, `#${row.number}`),
    task(row, actions),
    outcome(row),
    element('td', {}, localTime(row.createdAt)),
    element('td', { class: 'numeric' }, span(row.activeMs)),
    element('td', { class: 'numeric' }, cost(row.usd, row.costKnown)),
    element('td', { class: 'numeric' }, row.reviewMs === null ? '–' : span(row.reviewMs)),
  );

export const table = (
  rows: readonly HistoryRow[],
  listing: Listing,
  actions: TableActions & { readonly limit: number },
): HTMLElement =>
  element(
    'table',
    {},
    element('caption', { class: 'unseen' }, t('Runs')),
    element('thead', {}, header(listing, actions)),
    element('tbody', {}, ...rows.slice(0, actions.limit).map((row) => line(row, actions))),
  );
