import type { SettingsFile } from '../../../shared/recipe/settings-file.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import { definitionsIn, goneFrom, type Definition } from '../../machine/triggers/definitions.ts';
import type { TriggerKey, TriggerRow } from '../store/store.ts';

/** The triggers of a repository, as its default branch has them now. Throws RefusedError where that cannot be read. */
export type ReadDefinitions = (repository: string) => Promise<readonly Definition[]>;

/** The triggers' files of a repository, on which branch; null: it has no commit. */
export type ReadFiles = (
  repository: string,
) => Promise<{ readonly triggers: readonly SettingsFile[]; readonly branch: string } | null>;

/** What is in files that are as they were the last time is not read again: a thousand of them are looked at each minute. */
export const definitionsOf = (read: ReadFiles): ReadDefinitions => {
  const parsed = new Map<string, { readonly files: string; readonly definitions: readonly Definition[] }>();
  return async (repository) => {
    const found = await read(repository);
    if (found === null) return [];
    const files = JSON.stringify([found.branch, found.triggers]);
    const before = parsed.get(repository);
    if (before?.files === files) return before.definitions;
    const definitions = definitionsIn(found.triggers, found.branch);
    parsed.set(repository, { files, definitions });
    return definitions;
  };
};

interface Known {
  readonly definitions: readonly Definition[] | RefusedError;
  /** Ms since the epoch. */
  readonly at: number;
}

/** What a trigger says, read no earlier than `since` (ms since the epoch). One that is gone or cannot be read is refused with the reason. */
export type DefinitionOf = (trigger: TriggerKey & Pick<TriggerRow, 'origin'>, since: number) => Promise<Definition>;

/** Reads each repository once for all of its triggers. */
export const openDefinitions = (read: ReadDefinitions, now: () => number): DefinitionOf => {
  const known = new Map<string, Known>();
  return async (trigger, since) => {
    const { repository, name } = trigger;
    let found = known.get(repository);
    if (found === undefined || found.at < since || found.at > now()) {
      found = { definitions: await read(repository).catch(asRefusal), at: now() };
      known.set(repository, found);
    }
    const { definitions } = found;
    if (definitions instanceof RefusedError)
      return { name, origin: 'repository', outcome: 'refused', problem: toldRefusal(definitions) };
    const definition = definitions.find((each) => each.name === name);
    return definition ?? { name, origin: 'repository', outcome: 'refused', problem: goneFrom(trigger) };
  };
};

const asRefusal = (error: unknown): RefusedError => {
  if (error instanceof RefusedError) return error;
  throw error;
};

export const toldRefusal = ({ refusal }: RefusedError): string => `${refusal.message} ${refusal.remedy}`;
