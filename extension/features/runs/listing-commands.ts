import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Longhaul } from '../../ground/longhaul.ts';
import { registerCommands } from '../../ground/problem/problem.ts';
import { repositoryName } from '../../ground/text/text.ts';
import { groupNames, groupTitles } from './groups.ts';
import { everything, filterText, Listing, recipeOf, recipeTitle, withoutFilter } from './listing.ts';

const key = 'longhaul.runsListing';

/** How a person has the runs listed in this workspace. */
export interface RunsListing extends vscode.Disposable {
  readonly current: () => Listing;
  readonly onDidChange: vscode.Event<void>;
}

/** Kept in the workspace: what one works on differs from one to another. */
export const registerListing = ({ runs, extension }: Longhaul): RunsListing => {
  const changed = new vscode.EventEmitter<void>();
  const current = (): Listing => Listing.safeParse(extension.workspaceState.get(key)).data ?? everything;
  const tell = (): void => {
    void vscode.commands.executeCommand('setContext', 'longhaul.runsFiltered', filterText(current()) !== '');
    changed.fire();
  };
  const put = async (listing: Listing): Promise<void> => {
    await extension.workspaceState.update(key, listing);
    tell();
  };
  tell();
  const commands = registerCommands({
    'longhaul.groupRuns': async () => {
      const groupBy = await pickGrouping(current());
      if (groupBy !== undefined) await put({ ...current(), groupBy });
    },
    'longhaul.filterRuns': async () => {
      const filter = await pickFilter(current(), runs.all());
      if (filter !== undefined) await put(filter);
    },
    'longhaul.clearRunFilter': () => put(withoutFilter(current())),
  });
  return { current, onDidChange: changed.event, dispose: () => vscode.Disposable.from(changed, commands).dispose() };
};

const groupings: Record<Listing['groupBy'], string> = {
  state: t('State'),
  repository: t('Repository'),
  recipe: t('Recipe'),
};

const pickGrouping = async ({ groupBy }: Listing): Promise<Listing['groupBy'] | undefined> => {
  // safe: the keys of that very object
  const rows = (Object.keys(groupings) as Listing['groupBy'][]).map((name) => ({
    label: groupings[name],
    ...(name === groupBy ? { description: t('as now') } : {}),
    name,
  }));
  return (await vscode.window.showQuickPick(rows, { title: t('Longhaul: Group Runs By') }))?.name;
};

interface Choice extends vscode.QuickPickItem {
  /** What it adds to a listing. */
  readonly add: (listing: Listing) => Listing;
}

const heading = (label: string): Choice => ({
  label,
  kind: vscode.QuickPickItemKind.Separator,
  add: (listing) => listing,
});

/** One list of all that can be filtered by; what is ticked is shown. */
const pickFilter = async (listing: Listing, runs: Parameters<typeof choicesFor>[1]): Promise<Listing | undefined> => {
  const chosen = await vscode.window.showQuickPick(choicesFor(listing, runs), {
    title: t('Longhaul: Show Only These Runs'),
    placeHolder: t('With nothing ticked all are shown that are not archived'),
    canPickMany: true,
    matchOnDescription: true,
  });
  return chosen?.reduce<Listing>((sum, { add }) => add(sum), withoutFilter(listing));
};

const choicesFor = (listing: Listing, runs: ReturnType<Longhaul['runs']['all']>): readonly Choice[] => {
  const repositories = new Set([...runs.map(({ task }) => task.repository), ...listing.repositories]);
  const recipes = new Set([...runs.map(recipeOf), ...listing.recipes]);
  return [
    heading(t('State')),
    ...groupNames.map((name) => ({
      label: groupTitles[name],
      picked: listing.states.includes(name),
      add: (sum: Listing) => ({ ...sum, states: [...sum.states, name] }),
    })),
    heading(t('Repository')),
    ...[...repositories].toSorted().map((repository) => ({
      label: repositoryName(repository),
      description: repository,
      picked: listing.repositories.includes(repository),
      add: (sum: Listing) => ({ ...sum, repositories: [...sum.repositories, repository] }),
    })),
    heading(t('Recipe')),
    ...[...recipes].toSorted().map((recipe) => ({
      label: recipeTitle(recipe),
      picked: listing.recipes.includes(recipe),
      add: (sum: Listing) => ({ ...sum, recipes: [...sum.recipes, recipe] }),
    })),
    heading(t('Archive')),
    {
      label: t('Archived runs, too'),
      picked: listing.archived,
      add: (sum: Listing) => ({ ...sum, archived: true }),
    },
  ];
};
