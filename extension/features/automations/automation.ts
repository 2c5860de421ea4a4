import type { ListedTrigger } from '../../../shared/api/triggers.ts';
import { isSameRepository } from '../../../shared/recipe/repository-address.ts';
import { triggerFile } from '../../ground/repository/trigger-files.ts';

/** A repository that the window has open. */
export interface OpenRepository {
  /** Absolute path. */
  readonly root: string;
  /** Where it was cloned from, as an address of the web; null: it has none. */
  readonly origin: string | null;
  /** Of its triggers in the working tree, committed or not, the names of their files, without `.yaml`. */
  readonly names: readonly string[];
}

/** A trigger, as far as the runner, the folders that are open, or both know of it. */
export interface Automation {
  /** As the runner calls it: a folder or an address. */
  readonly repository: string;
  readonly name: string;
  /** Null: the default branch has none, as far as the runner knows. */
  readonly listed: ListedTrigger | null;
  /** Its file in an open folder; null: in none. */
  readonly file: string | null;
  /** The address of its repository, where that is a folder that has one. */
  readonly origin: string | null;
}

const isOf = ({ root, origin }: OpenRepository, repository: string): boolean =>
  root === repository || (origin !== null && isSameRepository(origin, repository));

/**
 * What is listed, by name. What the runner tells twice is listed once; so is a trigger that was enabled for the address of an open folder, and
 * for that folder never.
 */
export const automationsOf = (
  told: readonly ListedTrigger[],
  open: readonly OpenRepository[],
): readonly Automation[] => {
  // Of two of one name the one counts that the runner's operator wrote, and the other is none.
  const byOrigin = told.toSorted((one, other) => Number(one.origin === 'runner') - Number(other.origin === 'runner'));
  const byKey = new Map(byOrigin.map((listed) => [keyOf(listed), listed]));
  const elsewhere = (listed: ListedTrigger): boolean => {
    const origin = open.find(({ root }) => root === listed.repository)?.origin ?? null;
    return (
      listed.standing === 'off' &&
      origin !== null &&
      told.some(({ name, repository }) => name === listed.name && isSameRepository(repository, origin))
    );
  };
  const known = [...byKey.values()].filter((listed) => !elsewhere(listed));
  const others = open.flatMap((repository) =>
    repository.names
      .filter((name) => !known.some((listed) => listed.name === name && isOf(repository, listed.repository)))
      .map((name) => ({ repository: repository.root, name, listed: null })),
  );
  return [...known.map((listed) => ({ ...listed, listed })), ...others]
    .map(({ repository, name, listed }) => {
      const of = open.find((each) => isOf(each, repository));
      return {
        repository,
        name,
        listed,
        file: of?.names.includes(name) === true ? triggerFile(of.root, name) : null,
        origin: of?.root === repository ? of.origin : null,
      };
    })
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.repository.localeCompare(b.repository));
};

/** Which one it is. */
export const keyOf = ({ repository, name }: Pick<Automation, 'repository' | 'name'>): string => `${repository} ${name}`;
