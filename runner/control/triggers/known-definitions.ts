import { RefusedError } from '../../../shared/api/router.ts';
import { goneFrom, type Definition } from '../../machine/triggers/definitions.ts';
import type { TriggerKey } from '../store/store.ts';

/** The triggers of a repository, as its default branch has them now. Throws RefusedError where that cannot be read. */
export type ReadDefinitions = (repository: string) => Promise<readonly Definition[]>;

interface Known {
  readonly definitions: readonly Definition[] | RefusedError;
  /** Ms since the epoch. */
  readonly at: number;
}

/** What a trigger's file says, read no earlier than `since` (ms since the epoch). One that is gone or cannot be read is refused with the reason. */
export type DefinitionOf = (trigger: TriggerKey, since: number) => Promise<Definition>;

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
    if (definitions instanceof RefusedError) return { name, outcome: 'refused', problem: toldRefusal(definitions) };
    const definition = definitions.find((each) => each.name === name);
    return definition ?? { name, outcome: 'refused', problem: goneFrom(trigger) };
  };
};

const asRefusal = (error: unknown): RefusedError => {
  if (error instanceof RefusedError) return error;
  throw error;
};

export const toldRefusal = ({ refusal }: RefusedError): string => `${refusal.message} ${refusal.remedy}`;
