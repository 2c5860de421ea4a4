import { t } from '@vscode/l10n';
import type { HistoryRow } from '../../../../shared/run/statistics.ts';
import { element } from '../../../ground/page/webview/element.ts';
import { facets, valuesOf, type Facet, type Listing } from '../listing.ts';

/** What a choice that is not one of the runs' own values is called in a select. */
const any = 'any';
const statuses: readonly Listing['status'][] = [
  'all',
  'open',
  'reviewing',
  'accepted',
  'completed',
  'rejected',
  'failed',
  'cancelled',
];
const periods = [null, 1, 7, 30, 90] as const;
const periodText = (days: number | null): string =>
  days === null ? t('any time') : days === 1 ? t('last day') : t('last {0} days', days);

const everything: Readonly<Record<Facet, string>> = {
  repository: t('all repositories'),
  recipe: t('all recipes'),
  model: t('all models'),
};
const narrowedBy: Readonly<Record<Facet, string>> = {
  repository: t('Filter by repository'),
  recipe: t('Filter by recipe'),
  model: t('Filter by model'),
};
const without: Readonly<Record<Facet, string>> = {
  repository: t('no repository'),
  recipe: t('no recipe'),
  model: t("the runner's model"),
};

interface Option {
  readonly value: string;
  readonly text: string;
}

const selectOf = (label: string, act: (value: string) => void): HTMLSelectElement => {
  const made = element('select', { 'aria-label': label });
  made.addEventListener('change', () => act(made.value));
  return made;
};

/** A select that is open keeps its options as long as they are the same. */
const setOptions = (select: HTMLSelectElement, options: readonly Option[], value: string): void => {
  const same =
    select.options.length === options.length &&
    options.every((option, index) => select.options[index]?.value === option.value);
  if (!same) select.replaceChildren(...options.map(({ value: of, text }) => element('option', { value: of }, text)));
  select.value = value;
};

export interface FilterBar {
  readonly elements: readonly HTMLElement[];
  /** Offers what there is among all runs; what is chosen and is no more there stays offered, so that it can be seen and left. */
  readonly offer: (rows: readonly HistoryRow[], listing: Listing) => void;
}

/** What narrows the history, by outcome, time, repository, recipe and model. */
export const filterBar = (first: Listing, change: (changed: Partial<Listing>) => void): FilterBar => {
  let { of } = first;
  const status = selectOf(t('Filter by outcome'), (value) => {
    const chosen = statuses.find((one) => one === value);
    if (chosen !== undefined) change({ status: chosen });
  });
  const period = selectOf(t('Filter by time of delegation'), (value) =>
    change({ days: value === any ? null : Number(value) }),
  );
  const byFacet = facets.map((facet) => ({
    facet,
    select: selectOf(narrowedBy[facet], (value) =>
      // A value is prefixed, so that no repository can be called like "any".
      change({ of: { ...of, [facet]: value === any ? null : value.slice(1) } }),
    ),
  }));
  return {
    elements: [status, period, ...byFacet.map(({ select }) => select)],
    offer: (rows, listing) => {
      ({ of } = listing);
      setOptions(
        status,
        statuses.map((value) => ({ value, text: value === 'all' ? t('all outcomes') : value })),
        listing.status,
      );
      setOptions(
        period,
        periods.map((days) => ({ value: days === null ? any : String(days), text: periodText(days) })),
        listing.days === null ? any : String(listing.days),
      );
      for (const { facet, select } of byFacet) {
        const chosen = of[facet];
        const values = valuesOf(rows, facet);
        const offered = chosen === null || values.includes(chosen) ? values : [...values, chosen];
        setOptions(
          select,
          [
            { value: any, text: everything[facet] },
            ...offered.map((value) => ({ value: `=${value}`, text: value === '' ? without[facet] : value })),
          ],
          chosen === null ? any : `=${chosen}`,
        );
      }
    },
  };
};
