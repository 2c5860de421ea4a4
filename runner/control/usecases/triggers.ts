import type { Principal } from '../../../shared/api/runner-api.ts';
import { RefusedError } from '../../../shared/api/router.ts';
import type {
  EnableInput,
  FireInput,
  ListedFiring,
  ListedTrigger,
  ShownTrigger,
  TriggerInput,
  TriggersInput,
} from '../../../shared/api/triggers.ts';
import { addressKey } from '../../../shared/recipe/repository-address.ts';
import { TriggerName } from '../../../shared/recipe/trigger.ts';
import type { RunState } from '../../../shared/run/state.ts';
import { configuredTriggers } from '../../machine/config/operator.ts';
import { findRepository } from '../../machine/repository/user-repository.ts';
import { turns } from '../../machine/turns.ts';
import { goneFrom } from '../../machine/triggers/definitions.ts';
import type { RecordedFiring, TriggerKey, TriggerRow } from '../store/store.ts';
import { listCommand } from '../triggers/commands.ts';
import { configuredFor, definitionsFor } from '../triggers/configured.ts';
import { handled } from '../triggers/firing.ts';
import { mustBeCounted } from './counted-money.ts';
import { settingsOfRepository } from './delegate-source.ts';
import { asPerson, mustBeLocal, refused, type ControlPlane, type Person } from './plane.ts';
import { tellOf, tellUnused, triggered, type Told } from './tell-trigger.ts';
import { agreedHash, mustBegin, mustServe, outputFor } from './trigger-checks.ts';
import { beginTriggered } from './triggering.ts';

/** Repositories that are read at once. */
const mostAtOnce = 8;

/** Those of a repository's default branch and those that somebody enabled; the broken ones with what is wrong with them. Throws RefusedError. */
export const triggers = async (
  plane: ControlPlane,
  caller: Principal,
  { repository: wanted, added }: TriggersInput,
): Promise<readonly ListedTrigger[]> => {
  const person = asPerson(caller);
  const repository = wanted === null ? null : await named(person, wanted);
  const rows = await plane.store.triggers(person.tenant);
  const places =
    repository === null
      ? placesOf(
          rows.map((row) => row.repository),
          configuredTriggers(plane.config, person.tenant).map((each) => each.repository),
          added ? await recorded(plane, person) : [],
        )
      : [{ repository, isWhole: true }];
  const inTurn = turns(mostAtOnce);
  const listed = places.map((place) =>
    inTurn('read', async () => {
      const own = rows.filter((row) => row.repository === place.repository);
      const { settings, problem, error } = await settingsFor(plane, person, place.repository);
      // There is nothing else to be told.
      const isTold = own.length > 0 || configuredFor(plane.config, { ...place, tenant: person.tenant }).length > 0;
      if (error !== null && repository !== null && !isTold) throw error;
      return triggersOf(plane, { ...place, tenant: person.tenant, rows: own, settings, problem });
    }),
  );
  return (await Promise.all(listed)).flat();
};

interface Place {
  readonly repository: string;
  /** With those that nobody ever enabled. */
  readonly isWhole: boolean;
}

const recorded = async ({ store }: ControlPlane, { tenant }: Person): Promise<readonly string[]> =>
  (await store.repositories(tenant)).filter(({ added }) => added !== null).map(({ repository }) => repository);

/** `enabled`, `configured` and `added` name repositories; each is told once, as the first of them writes it. */
const placesOf = (
  enabled: readonly string[],
  configured: readonly string[],
  added: readonly string[],
): readonly Place[] => {
  const whole = new Set(added.map(addressKey));
  const known = new Set(enabled.map(addressKey));
  const others = new Map(
    [...added, ...configured].toReversed().map((repository) => [addressKey(repository), repository]),
  );
  // Those that somebody enabled for two addresses are two.
  return [
    ...new Set(enabled),
    ...[...others].filter(([key]) => !known.has(key)).map(([, repository]) => repository),
  ].map((repository) => ({ repository, isWhole: whole.has(addressKey(repository)) }));
};

/** Those of one repository, by name. `rows`: what is on record of them. */
export const triggersOf = async (
  plane: ControlPlane,
  {
    tenant,
    repository,
    isWhole,
    rows,
    settings,
    problem,
  }: Place & Pick<Told, 'settings' | 'problem'> & { readonly tenant: string; readonly rows: readonly TriggerRow[] },
): Promise<readonly ListedTrigger[]> => {
  const definitions = definitionsFor(plane.config, { tenant, repository }, settings);
  const shown = isWhole ? definitions : definitions.filter(({ origin }) => origin === 'runner');
  const names = new Set([...shown, ...rows].map(({ name }) => name));
  const listed = [...names].toSorted().map(async (name) => {
    // Of the repository's own and the operator's of one name, the first is the operator's, and the other one is none.
    const [definition = null, other] = definitions.filter((each) => each.name === name);
    const key = { tenant, repository, name };
    const row = rows.find((each) => each.name === name) ?? null;
    const first = await tellOf(plane, { key, row, definition, settings, problem });
    return other === undefined || !isWhole ? [first] : [first, tellUnused(key, other)];
  });
  return (await Promise.all(listed)).flat();
};

/** Null with the reason, where it cannot be read, or this person may not know what it says. */
const settingsFor = async (plane: ControlPlane, person: Person, repository: string) => {
  if (repository.startsWith('/') && !person.local)
    return { settings: null, problem: 'What it says is shown on the runner’s own machine alone.', error: null };
  try {
    return { settings: await settingsOfRepository(plane, repository), problem: null, error: null };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { settings: null, problem: `${error.refusal.message} ${error.refusal.remedy}`, error };
  }
};

/** From now on it begins runs, with the authority of whoever says so. Throws RefusedError for one that there is not, or that cannot be used. */
export const enableTrigger = async (
  plane: ControlPlane,
  caller: Principal,
  input: EnableInput,
): Promise<ListedTrigger> => {
  const person = asPerson(caller);
  const key = await keyOf(person, input);
  const { definition, settings } = await usable(plane, key);
  mustServe(plane, key, { definition, settings });
  await mustBegin(plane, person, { key, definition, settings });
  await mustBeCounted(plane, definition, settings);
  if (input.seen !== null && input.seen !== agreedHash(definition, settings))
    throw refused(
      'stale',
      'It says something else by now than what was shown.',
      'Look at it again, and enable it then.',
    );
  await plane.store.enableTrigger(key, {
    by: person.name,
    byOwner: person.local,
    origin: definition.origin,
    publishes: definition.trigger.publish,
    output: outputFor(definition, settings),
  });
  plane.lookAtTriggers();
  plane.log.info({ ...key, by: person.name }, 'a trigger was enabled');
  return told(plane, key, { definition, settings });
};

/** Whoever was faster had the same wish. What it began goes on. Throws RefusedError for one that nobody enabled. */
export const disableTrigger = async (
  plane: ControlPlane,
  caller: Principal,
  input: TriggerInput,
): Promise<ListedTrigger> => {
  const person = asPerson(caller);
  // Its folder may be gone.
  const asSaid = { tenant: person.tenant, repository: input.repository, name: input.name };
  const key = (await rowOf(plane, asSaid)) === null ? await keyOf(person, input) : asSaid;
  if ((await rowOf(plane, key)) === null)
    throw refused(
      'not_found',
      `Nobody enabled a trigger ${key.name} of ${key.repository}.`,
      `See: ${listCommand(key)}`,
    );
  await plane.store.disableTrigger(key, person.name);
  plane.log.info({ ...key, by: person.name }, 'a trigger was disabled');
  const { settings } = await settingsFor(plane, person, key.repository);
  const found = definitionsFor(plane.config, key, settings);
  return told(plane, key, { definition: found.find(({ name }) => name === key.name) ?? null, settings });
};

/** Begins its run now, with the authority of whoever fires it, enabled or not. Throws RefusedError. */
export const fireTrigger = async (plane: ControlPlane, caller: Principal, input: FireInput): Promise<RunState> => {
  const person = asPerson(caller);
  const key = await keyOf(person, input);
  const { definition, settings } = await usable(plane, key);
  const event = `by hand ${input.key}`;
  const note = `Begun by the trigger ${key.name}, which ${person.name} fired.`;
  const branch = settings?.branch ?? null;
  const run = await beginTriggered(plane, person, { key, definition, due: event, branch, note, happened: null });
  const row = await rowOf(plane, key);
  const { handledAt, failures, problem } = row ?? { handledAt: 0, failures: 0, problem: null };
  const about = `fired by ${person.name}`;
  const due = { event, when: about, about, url: null, dueAt: null, handledAt };
  // Of one that nobody ever enabled, what came of it alone is on record.
  await handled(plane, key, { due, failures, problem, run: run.id, said: null });
  return run;
};

/** One of those of a repository, with what came of it lately. Throws RefusedError where there is none. */
export const showTrigger = async (
  plane: ControlPlane,
  caller: Principal,
  input: TriggerInput,
): Promise<ShownTrigger> => {
  const all = await triggers(plane, caller, { repository: input.repository, added: false });
  const trigger = all.find(({ name }) => name === input.name);
  if (trigger === undefined) throw refused('not_found', goneFrom(input), `See those it has: ${listCommand(input)}`);
  const key = { tenant: asPerson(caller).tenant, repository: trigger.repository, name: trigger.name };
  const firings = await plane.store.firings(key, mostFirings);
  return { trigger, firings: await Promise.all(firings.map((firing) => tellFiring(plane, firing))) };
};

const mostFirings = 20;

const tellFiring = async (
  { store }: ControlPlane,
  { at, about, url, run: id, said, unpublished }: RecordedFiring,
): Promise<ListedFiring> => {
  const run = id === null ? null : await store.state(id);
  return {
    at: new Date(at).toISOString(),
    about,
    url,
    run: run === null ? null : triggered(run),
    said: said ?? (id !== null && run === null ? 'Its run was deleted.' : null),
    unpublished,
  };
};

const keyOf = async (person: Person, { repository, name }: TriggerInput): Promise<TriggerKey> => ({
  tenant: person.tenant,
  repository: await named(person, repository),
  name,
});

/** What a repository is called whose folder, or a folder in it, or URL a person gives. Throws RefusedError. */
export const named = async (person: Person, repository: string): Promise<string> => {
  if (!repository.startsWith('/')) return repository;
  mustBeLocal(person, 'name a folder there');
  const found = await findRepository(repository);
  if ('root' in found) return found.root;
  throw refused('invalid', found.reason, found.remedy);
};

const rowOf = async ({ store }: ControlPlane, key: TriggerKey): Promise<TriggerRow | null> =>
  (await store.triggers(key.tenant)).find(
    ({ repository, name }) => repository === key.repository && name === key.name,
  ) ?? null;

const told = async (
  plane: ControlPlane,
  key: TriggerKey,
  found: Pick<Told, 'definition' | 'settings'>,
): Promise<ListedTrigger> => tellOf(plane, { key, row: await rowOf(plane, key), ...found, problem: null });

/** Throws RefusedError where the default branch has none of this name. */
const found = async (plane: ControlPlane, key: TriggerKey) => {
  const settings = await settingsOfRepository(plane, key.repository);
  const definitions = definitionsFor(plane.config, key, settings);
  const definition = definitions.find(({ name }) => name === key.name);
  if (definition !== undefined) return { definition, settings };
  const names = definitions
    .map(({ name }) => name)
    .filter((name) => TriggerName.safeParse(name).success)
    .join(', ');
  throw refused('not_found', goneFrom(key), names === '' ? 'Commit it to the default branch.' : `There are: ${names}.`);
};

const usable = async (plane: ControlPlane, key: TriggerKey) => {
  const { definition, settings } = await found(plane, key);
  if (definition.outcome !== 'refused') return { definition, settings };
  // The configuration has none that is refused: the runner would not have started.
  throw refused('invalid', definition.problem, 'Correct it there and commit. Try it first: longhaul triggers check');
};
