import { t } from '@vscode/l10n';
import { z } from 'zod';
import { archivedBy } from '../../../shared/run/state.ts';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { repositoryName } from '../../ground/text/text.ts';
import { groupNames, groupOf, groupTitles } from './groups.ts';

/** Which runs the view shows, and in which groups. Of each kind: any of these; an empty list: all. */
export const Listing = z.strictObject({
  groupBy: z.enum(['state', 'repository', 'recipe']),
  repositories: z.array(z.string()),
  states: z.array(z.enum(groupNames)),
  /** Empty text: without a recipe. */
  recipes: z.array(z.string()),
  /** Those that are archived, too. */
  archived: z.boolean(),
});
export type Listing = Readonly<z.infer<typeof Listing>>;

export const everything: Listing = { groupBy: 'state', repositories: [], states: [], recipes: [], archived: false };

export const withoutFilter = ({ groupBy }: Listing): Listing => ({ ...everything, groupBy });

export const recipeOf = ({ task }: RunSummary): string => task.recipe ?? '';
export const recipeTitle = (recipe: string): string => (recipe === '' ? t('No Recipe') : cleanLine(recipe));

/** One group of the view, with its runs in their order. */
export interface RunGroup {
  /** It stays the same whatever runs are in it. */
  readonly key: string;
  readonly title: string;
  readonly unfolded: boolean;
  readonly runs: readonly RunSummary[];
}

const isShown = (state: RunSummary, { repositories, states, recipes, archived }: Listing): boolean =>
  (archived || archivedBy(state) === null) &&
  (repositories.length === 0 || repositories.includes(state.task.repository)) &&
  (states.length === 0 || states.includes(groupOf(state))) &&
  (recipes.length === 0 || recipes.includes(recipeOf(state)));

/** The key of its group; null: it is not shown. */
export const placeOf = (state: RunSummary, listing: Listing): string | null => {
  if (!isShown(state, listing)) return null;
  switch (listing.groupBy) {
    case 'state':
      return groupOf(state);
    case 'repository':
      return `repository ${state.task.repository}`;
    case 'recipe':
      return `recipe ${recipeOf(state)}`;
  }
};

const titleOf = (state: RunSummary, { groupBy }: Listing): string => {
  switch (groupBy) {
    case 'state':
      return groupTitles[groupOf(state)];
    case 'repository':
      return repositoryName(state.task.repository);
    case 'recipe':
      return recipeTitle(recipeOf(state));
  }
};

const rankOf = (state: RunSummary): number => groupNames.indexOf(groupOf(state));

/** More rows than that are not looked at, they are scrolled past: such a group is folded, so that those below it are in sight. */
const mostUnfolded = 50;

/** The groups that have runs. Within one of them what is at work stands above what is over, else in the order given. */
export const arranged = (runs: readonly RunSummary[], listing: Listing): readonly RunGroup[] => {
  const byKey = Map.groupBy(runs, (state) => placeOf(state, listing));
  byKey.delete(null);
  const groups = [...byKey].map(([key, members]) => ({
    // safe: null was left out
    key: key as string,
    title: titleOf(members[0] as RunSummary, listing), // safe: a group has a member
    unfolded: key !== 'done' && members.length <= mostUnfolded,
    runs: members.toSorted((a, b) => rankOf(a) - rankOf(b)),
  }));
  return listing.groupBy === 'state'
    ? groups.toSorted(
        (a, b) => groupNames.findIndex((name) => name === a.key) - groupNames.findIndex((name) => name === b.key),
      )
    : groups.toSorted((a, b) => a.title.localeCompare(b.title) || a.key.localeCompare(b.key));
};

/** What the view shows of all runs, and how to see all again; empty: nothing is left out that is not archived. */
export const filterText = ({ repositories, states, recipes, archived }: Listing): string => {
  const parts = [
    repositories.map(repositoryName).join(', '),
    states.map((state) => groupTitles[state]).join(', '),
    recipes.map(recipeTitle).join(', '),
  ].filter(Boolean);
  const back = t('Clear Filter, in the title of this view, ends that.');
  const said = parts.join('; ');
  if (said !== '') return `${archived ? t('Only {0}, archived too.', said) : t('Only {0}.', said)} ${back}`;
  return archived ? `${t('Archived runs, too.')} ${back}` : '';
};
