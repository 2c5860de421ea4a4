import { t } from '@vscode/l10n';
import type { RunSummary } from '../../../shared/run/summary.ts';
import { isTerminal } from '../../../shared/run/state.ts';

/** What an open run has made of a repository that is open in this window: its latest result, or what it has saved since. */
export interface Change {
  readonly run: string;
  readonly number: number;
  readonly title: string;
  /** Absolute path of the repository. */
  readonly repository: string;
  readonly soFar: boolean;
  /** Hash of the patch: another one is another change. */
  readonly patch: string;
}

const contains = (folder: string, file: string): boolean => file === folder || file.startsWith(`${folder}/`);

/** A change comes with its whole patch: of more open runs than a person looks after at once only the newest are read. */
const mostRuns = 20;

/** The changes that files of these folders may be marked for, the newest run first, as `runs` are given. */
export const changesIn = (runs: readonly RunSummary[], folders: readonly string[]): readonly Change[] =>
  runs
    .flatMap((run) => {
      const made = run.soFar ?? run.result;
      const { repository, title } = run.task;
      const here = folders.some((folder) => contains(folder, repository) || contains(repository, folder));
      if (made === null || isTerminal(run) || !here) return [];
      return [{ run: run.id, number: run.number, title, repository, soFar: run.soFar !== null, patch: made.patch }];
    })
    .slice(0, mostRuns);

/** A file as a change has it. */
export interface Touched extends Change {
  /** Path in the repository. */
  readonly path: string;
}

/** By absolute path, what changes each file. `pathsOf`: the paths that a change is known to have. */
export const touchedFiles = (
  changes: readonly Change[],
  pathsOf: (change: Change) => readonly string[],
): ReadonlyMap<string, readonly Touched[]> =>
  Map.groupBy(
    changes.flatMap((change) => pathsOf(change).map((path) => ({ ...change, path }))),
    ({ repository, path }) => `${repository}/${path}`,
  );

/** `#3 “Mend the parser” has changed this`. Titles are text. */
export const touchedText = (touched: readonly Touched[]): string =>
  touched
    .map(({ number, title, soFar }) =>
      soFar ? t('#{0} “{1}” is changing this', number, title) : t('#{0} “{1}” has changed this', number, title),
    )
    .join('\n');
