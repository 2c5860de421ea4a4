// oxlint-disable-next-line import/no-unassigned-import -- the language, before any text is made
import '../../../ground/page/webview/language.ts';
import { t } from '@vscode/l10n';
import { statistics, trend, type HistoryRow } from '../../../../shared/run/statistics.ts';
import { defaultListing, listed, type Listing, type SortKey } from '../listing.ts';
import type { FromPage, ToPage } from '../messages.ts';
import { charts, figures } from './charts.ts';
import { filterBar } from './filter-bar.ts';
import { button, element } from '../../../ground/page/webview/element.ts';
import { rowsAtOnce, table } from './table.ts';

/** Weeks of the trend: two months are a habit, and fit beside the other charts. */
const weeks = 8;

const host = acquireVsCodeApi();
const page = document.querySelector('#page') ?? document.body;

const ask = (message: FromPage): void => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it goes to the extension, not to a window
  host.postMessage(message);
};

const kept = host.getState();
// safe: only `change` below writes this state, and a field that an older version did not have takes its default
let listing: Listing = { ...defaultListing, ...(typeof kept === 'object' ? (kept as Partial<Listing>) : {}) };
let rows: readonly HistoryRow[] = [];
let limit = rowsAtOnce;

const search = element('input', {
  type: 'search',
  placeholder: t('Search tasks, repositories, people, reasons'),
  'aria-label': t('Search runs'),
  value: listing.search,
});
const filters = filterBar(listing, (changed) => change(changed));
const exportButton = (format: 'csv' | 'json'): HTMLElement => {
  const label = t('Export {0}', format.toUpperCase());
  const title = t('{0}: the runs that are listed, in this order', label);
  const runs = (): string[] => shown().map(({ id }) => id);
  return button({ title }, () => ask({ type: 'export', format, runs: runs() }), label);
};
/** Says how many runs are listed; a screen reader hears of it when it changes. */
const status = element('p', { role: 'status', class: 'status' }, t('Reading the history…'));
const summary = element('section', { 'aria-label': t('Statistics of the listed runs') });
const list = element('section', { 'aria-label': t('Runs') });

/** The runs that are asked for, in the order that is asked for. */
const shown = (): readonly HistoryRow[] => listed(rows, listing, Date.now());

const change = (changed: Partial<Listing>): void => {
  listing = { ...listing, ...changed };
  limit = rowsAtOnce;
  host.setState(listing);
  draw();
};

const sort = (key: SortKey): void => {
  const descending = listing.sort === key ? !listing.descending : key !== 'title' && key !== 'status';
  change({ sort: key, descending });
  list.querySelector<HTMLElement>(`[data-key="${key}"]`)?.focus();
};

const countText = (listedRuns: number, all: number): string => {
  if (listedRuns === all) return all === 1 ? t('1 run') : t('{0} runs', all);
  return all === 1 ? t('{0} of 1 run', listedRuns) : t('{0} of {1} runs', listedRuns, all);
};

const draw = (): void => {
  const runs = shown();
  filters.offer(rows, listing);
  status.textContent = countText(runs.length, rows.length);
  const numbers = statistics(runs);
  summary.replaceChildren(figures(numbers), charts(numbers, trend(runs, { weeks, now: Date.now() })));
  if (runs.length === 0) {
    const nothing = rows.length === 0 ? t('Nothing was delegated yet.') : t('No run is like that.');
    list.replaceChildren(element('p', { class: 'empty' }, nothing));
    return;
  }
  const focused = document.activeElement?.closest('[data-run]')?.getAttribute('data-run');
  list.replaceChildren(
    table(runs, listing, {
      limit,
      sort,
      open: (run) => ask({ type: 'open', run }),
      review: (run) => ask({ type: 'review', run }),
    }),
  );
  if (typeof focused === 'string') list.querySelector<HTMLElement>(`[data-run="${focused}"] button`)?.focus();
  if (runs.length > limit) {
    const showAll = (): void => {
      limit = runs.length;
      draw();
    };
    list.append(button({ class: 'more' }, showAll, t('Show {0} more', runs.length - limit)));
  }
};

search.addEventListener('input', () => change({ search: search.value }));
page.removeAttribute('aria-busy');
page.replaceChildren(
  element('h1', {}, t('History')),
  element('div', { class: 'tools' }, search, ...filters.elements, exportButton('csv'), exportButton('json')),
  status,
  summary,
  list,
);

window.addEventListener('message', (event: MessageEvent<ToPage>) => {
  const message = event.data;
  if (message.type === 'rows') {
    ({ rows } = message);
    draw();
  } else status.textContent = message.message;
});
ask({ type: 'ready' });
