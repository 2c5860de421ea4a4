import { shellWord } from '../../../shared/text/shell-word.ts';
import type { TriggerKey } from '../store/store.ts';

/** What has a trigger begin runs again, from wherever it is typed. */
export const enableCommand = ({ name, repository }: Pick<TriggerKey, 'name' | 'repository'>): string =>
  `longhaul triggers enable ${name} --repo ${shellWord(repository)}`;

/** What lists those of a repository, from wherever it is typed. */
export const listCommand = ({ repository }: Pick<TriggerKey, 'repository'>): string =>
  `longhaul triggers --repo ${shellWord(repository)}`;
